import { expect, it } from 'vitest';
import { OutputBufferRing } from '../../src/store/output-buffer-ring.ts';

it('lends as many buffers as its limit, reuses them and keeps few', () => {
  const ring = new OutputBufferRing({ bufferBytes: 16, buffersMax: 3, idleBuffersMax: 1 });
  const taken = [ring.take(), ring.take(), ring.take()];
  expect(ring.take()).toBeNull();
  expect(new Set(taken).size).toBe(3);
  for (const buffer of taken) ring.release(buffer!);
  expect(ring.inUseCount).toBe(0);
  expect(ring.take()).toBe(taken[0]);
  expect(taken).not.toContain(ring.take());
});
