import { describe, expect, it } from 'vitest';
import type { ByteStream, Transport } from '../../src/index.ts';
import { collect, until } from '../fixture.ts';

export interface StreamPair {
  readonly near: ByteStream;
  readonly far: ByteStream;
  readonly close: () => Promise<void>;
}

/** The far one was accepted. */
export async function pair(transport: Transport): Promise<StreamPair> {
  const accepted: ByteStream[] = [];
  const listener = await transport.listen({
    host: '127.0.0.1',
    port: 0,
    tlsMode: 'disabled',
    accepted: (stream) => accepted.push(stream),
  });
  const near = await transport.connect({ address: listener.address, timeoutMillis: 1000 });
  await until(() => accepted.length === 1, 'accepted');
  return { near, far: accepted[0]!, close: () => listener.close() };
}

/** What every stream of sockets does; `near` writes and `far` reads. */
export function streamCases(name: string, make: () => Promise<StreamPair>): void {
  describe(`a stream of ${name}`, () => {
    it('does not read before it is started nor while it is paused, and loses nothing of it', async () => {
      const { near, far, close } = await make();
      near.write(Buffer.from('early '));
      const received: Buffer[] = [];
      collect(far, received);
      await until(() => received.length === 1, 'the early bytes');
      far.pauseReading();
      near.write(Buffer.from('while paused'));
      for (let turn = 0; turn < 20; turn++) {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      expect(Buffer.concat(received).toString()).toBe('early ');
      far.resumeReading();
      await until(() => Buffer.concat(received).length > 6, 'the rest');
      expect(Buffer.concat(received).toString()).toBe('early while paused');
      near.destroy();
      far.destroy();
      await close();
    });

    it('sends what is queued before it ends, and hands memory back after it was sent', async () => {
      const { near, far, close } = await make();
      let doneCount = 0;
      for (let index = 0; index < 50; index++) {
        const memory = Buffer.alloc(100_000, index);
        near.write(memory, () => {
          doneCount += 1;
          memory.fill(0xee);
        });
      }
      expect(near.unsentBytes).toBeGreaterThan(0);
      near.end();
      const received: Buffer[] = [];
      let closed: Error | null | undefined;
      collect(far, received, (reason) => {
        closed = reason;
      });
      await until(() => closed !== undefined, 'closed');
      const bytes = Buffer.concat(received);
      expect(closed).toBeNull();
      expect(doneCount).toBe(50);
      expect(bytes.length).toBe(5_000_000);
      for (let index = 0; index < 50; index++) expect(bytes[index * 100_000 + 7]).toBe(index);
      await close();
    });

    it('hands memory back when the peer is gone, too', async () => {
      const { near, far, close } = await make();
      let doneCount = 0;
      for (let index = 0; index < 50; index++) near.write(Buffer.alloc(1_000_000), () => (doneCount += 1));
      collect(near, []);
      far.destroy();
      await until(() => doneCount === 50, 'all memory is back');
      near.write(Buffer.from('x'), () => (doneCount += 1));
      await until(() => doneCount === 51, 'also what is written after the end');
      await close();
    });
  });
}
