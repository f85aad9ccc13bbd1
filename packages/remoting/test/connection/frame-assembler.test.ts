import { describe, expect, it } from 'vitest';
import { createSharedReceiveBuffer, FrameAssembler } from '../../src/connection/frame-assembler.ts';
import { frameLengthAt } from '../../src/connection/frames.ts';
import { seededRandom } from '../../src/index.ts';

const FRAME_LENGTH_MAX = 1024 * 1024;

function frame(payloadLength: number, mark: number): Buffer {
  const bytes = Buffer.alloc(8 + payloadLength, mark);
  bytes.writeInt32BE(4 + payloadLength, 0);
  return bytes;
}

/** Offers as a socket would: after each read it asks for the next buffer at once. */
class Reader {
  readonly frames: Buffer[] = [];
  readonly assembler: FrameAssembler;
  #offered: Uint8Array;

  constructor(assembler: FrameAssembler) {
    this.assembler = assembler;
    this.#offered = assembler.receiveBuffer();
  }

  read(bytes: Buffer): number {
    const part = bytes.subarray(0, this.#offered.length);
    expect(part.length).toBeGreaterThan(0);
    this.#offered.set(part);
    this.work(this.assembler.received(part.length), Infinity);
    this.#offered = this.assembler.receiveBuffer();
    return part.length;
  }

  /** Takes at most `framesMax` frames, as a paused connection would. */
  work(chunk: Buffer, framesMax: number): void {
    let start = 0;
    let length = frameLengthAt(chunk, start, { frameLengthMax: FRAME_LENGTH_MAX });
    for (
      let taken = 0;
      typeof length === 'number' && length > 0 && start + length <= chunk.length && taken < framesMax;
      taken++
    ) {
      this.frames.push(Buffer.from(chunk.subarray(start, start + length)));
      start += length;
      length = frameLengthAt(chunk, start, { frameLengthMax: FRAME_LENGTH_MAX });
    }
    this.assembler.keep(chunk.subarray(start), Number(length));
  }
}

describe('FrameAssembler', () => {
  it('puts frames together however they are cut, beside others on the same shared buffer', () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const random = seededRandom(seed);
      const shared = createSharedReceiveBuffer(4096);
      const readers = [0, 1, 2].map(() => new Reader(new FrameAssembler(shared)));
      const sent = readers.map(() =>
        Array.from({ length: 60 }, (_, index) =>
          frame(random.below(10) === 0 ? random.below(200_000) : random.below(900), index),
        ),
      );
      const wires = sent.map((frames) => Buffer.concat(frames));
      const positions = wires.map(() => 0);
      while (positions.some((position, index) => position < (wires[index]?.length ?? 0))) {
        const index = random.below(3);
        const wire = wires[index] ?? Buffer.alloc(0);
        const position = positions[index] ?? 0;
        if (position === wire.length) continue;
        positions[index] =
          position + (readers[index]?.read(wire.subarray(position, position + 1 + random.below(5000))) ?? 0);
      }
      readers.forEach((reader, index) => {
        expect(
          Buffer.concat(reader.frames).equals(wires[index] ?? Buffer.alloc(0)),
          `seed ${seed}, reader ${index}`,
        ).toBe(true);
        expect(reader.assembler.restLength).toBe(0);
      });
    }
  });

  it('keeps whole frames while paused and hands them out in order', () => {
    for (const seed of [11, 12, 13, 14]) {
      const random = seededRandom(seed);
      const assembler = new FrameAssembler(createSharedReceiveBuffer(4096));
      const reader = new Reader(assembler);
      const frames = Array.from({ length: 200 }, (_, index) => frame(random.below(400), index));
      const wire = Buffer.concat(frames);
      let position = 0;
      let offered = assembler.receiveBuffer();
      while (reader.frames.length < frames.length) {
        if (position < wire.length && random.below(3) > 0) {
          const part = wire.subarray(position, position + Math.min(offered.length, 1 + random.below(3000)));
          offered.set(part);
          position += part.length;
          reader.work(assembler.received(part.length), random.below(5));
          offered = assembler.receiveBuffer();
        } else {
          reader.work(assembler.rest(), 1 + random.below(5));
        }
      }
      expect(Buffer.concat(reader.frames).equals(wire), `seed ${seed}`).toBe(true);
    }
  });

  it('does not reserve what a peer only announces', () => {
    const assembler = new FrameAssembler(createSharedReceiveBuffer(64 * 1024));
    const announced = Buffer.alloc(10);
    announced.writeInt32BE(FRAME_LENGTH_MAX - 4, 0);
    const reader = new Reader(assembler);
    reader.read(announced);
    expect(assembler.receiveBuffer().length).toBeLessThan(256 * 1024);
  });

  it('needs few reads for a large frame', () => {
    const reader = new Reader(new FrameAssembler(createSharedReceiveBuffer(64 * 1024)));
    const wire = frame(1_000_000, 7);
    let reads = 0;
    for (let position = 0; position < wire.length; reads++) position += reader.read(wire.subarray(position));
    expect(reads).toBeLessThan(20);
    expect(reader.frames.length).toBe(1);
  });
});
