import { describe, expect, it } from 'vitest';
import { FrameWriter } from '../../src/connection/frame-writer.ts';
import type { ByteStream } from '../../src/environment/transport.ts';

interface Written {
  readonly bytes: Uint8Array;
  readonly done: () => void;
}

function writerAndWrites(): { writer: FrameWriter; written: Written[] } {
  const written: Written[] = [];
  const address = { host: '127.0.0.1', port: 1 };
  const stream: ByteStream = {
    local: address,
    remote: address,
    unsentBytes: 0,
    start: () => undefined,
    write: (bytes, done = () => undefined) => {
      written.push({ bytes, done });
      return true;
    },
    pauseReading: () => undefined,
    resumeReading: () => undefined,
    end: () => undefined,
    destroy: () => undefined,
  };
  return { writer: new FrameWriter(stream), written };
}

const frameOf = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const valuesOf = ({ bytes }: Written): number[] => [...new Set(bytes)];

describe('FrameWriter', () => {
  it('joins small frames, whose memory is free at once, and keeps their order with large ones', () => {
    const { writer, written } = writerAndWrites();
    const free: string[] = [];
    writer.hold();
    for (const value of [1, 2]) {
      const small = frameOf(5000, value);
      writer.write(small, () => free.push(`small ${value}`));
      small.fill(99);
    }
    expect(free).toEqual(['small 1', 'small 2']);
    expect([written.length, writer.unsentBytes]).toEqual([0, 10_000]);
    writer.write(frameOf(20_000, 3), () => free.push('large'));
    writer.write(frameOf(1, 4));
    writer.release();
    expect(written.map(valuesOf)).toEqual([[1, 2], [3], [4]]);
    expect(written.map(({ bytes }) => bytes.length)).toEqual([10_000, 20_000, 1]);
    expect(free).not.toContain('large');
    written[1]?.done();
    expect(free).toContain('large');
  });

  it('begins another write when no more fits, and overwrites nothing that is at the stream', () => {
    const { writer, written } = writerAndWrites();
    writer.hold();
    for (let value = 0; value < 20; value += 1) writer.write(frameOf(16_000, value));
    writer.release();
    expect(written.flatMap(valuesOf)).toEqual(Array.from({ length: 20 }, (_, value) => value));
    expect(written.length).toBe(5);
  });

  it('joins in memory that a stream has given back', () => {
    const { writer, written } = writerAndWrites();
    writer.write(frameOf(10, 1));
    writer.flush();
    written[0]?.done();
    writer.write(frameOf(10, 2));
    writer.flush();
    expect(written[1]?.bytes.buffer).toBe(written[0]?.bytes.buffer);
  });

  it('answers many connections at once in memory that is used again for the next time', () => {
    const connections = Array.from({ length: 300 }, writerAndWrites);
    const answerAll = (value: number): Set<ArrayBufferLike> => {
      for (const { writer } of connections) {
        writer.write(frameOf(300, value));
        writer.flush();
      }
      const answers = connections.map(({ written }) => written.pop());
      for (const answer of answers) answer?.done();
      return new Set(answers.flatMap((answer) => (answer === undefined ? [] : [answer.bytes.buffer])));
    };
    const first = answerAll(1);
    expect(first.size).toBe(300);
    expect(answerAll(2).size).toBe(300);
    expect([...answerAll(3)].every((memory) => first.has(memory))).toBe(true);
  });

  it('goes on in larger memory when more comes than it began for', () => {
    const { writer, written } = writerAndWrites();
    writer.hold();
    for (let value = 0; value < 10; value += 1) writer.write(frameOf(3000, value));
    writer.release();
    expect(written.map(valuesOf)).toEqual([Array.from({ length: 10 }, (_, value) => value)]);
    written[0]?.done();
  });

  it('gives back what waits when the connection is closed', () => {
    const { writer, written } = writerAndWrites();
    writer.write(frameOf(10, 1));
    writer.flush();
    written[0]?.done();
    writer.write(frameOf(10, 2));
    writer.discard();
    writer.flush();
    expect([written.length, writer.unsentBytes]).toEqual([1, 0]);
    writer.write(frameOf(10, 3));
    writer.flush();
    expect(written[1]?.bytes.buffer).toBe(written[0]?.bytes.buffer);
  });

  it('writes on with memory of its own while hundreds of writes wait at streams', () => {
    const { writer, written } = writerAndWrites();
    for (let count = 0; count < 300; count += 1) {
      writer.write(frameOf(6000, count % 251));
      writer.flush();
    }
    expect(written.map((write) => write.bytes[0])).toEqual(
      Array.from({ length: 300 }, (_, count) => count % 251),
    );
    expect(new Set(written.map(({ bytes }) => bytes.buffer.byteLength))).toContain(6000);
    for (const { done } of written) done();
  });
});
