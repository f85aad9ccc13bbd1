import { expect, test } from 'vitest';
import { InFlightLimit } from '../../src/producer/in-flight-limit.ts';

const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

test('admits up to the count and the rest in order', async () => {
  const limit = new InFlightLimit({ countMax: 2, bytesMax: 1000, waitingMax: 10 });
  const release = await limit.acquire(1);
  await limit.acquire(1);
  const admitted: string[] = [];
  const third = limit.acquire(1).then((done) => {
    admitted.push('third');
    return done;
  });
  void limit.acquire(1).then(() => admitted.push('fourth'));
  await settled();
  expect(admitted).toEqual([]);
  release();
  (await third)();
  await settled();
  expect(admitted).toEqual(['third', 'fourth']);
});

test('counts bytes, and lets one body above the limit through alone', async () => {
  const limit = new InFlightLimit({ countMax: 10, bytesMax: 100, waitingMax: 10 });
  const release = await limit.acquire(500);
  let isAdmitted = false;
  const small = limit.acquire(1).then((done) => {
    isAdmitted = true;
    return done;
  });
  await settled();
  expect(isAdmitted).toBe(false);
  release();
  (await small)();
  expect(limit).toMatchObject({ count: 0, bytes: 0 });
});

test('refuses at once when too many wait, naming the limits', async () => {
  const limit = new InFlightLimit({ countMax: 1, bytesMax: 100, waitingMax: 1 });
  await limit.acquire(1);
  void limit.acquire(1);
  await expect(limit.acquire(1)).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    message: expect.stringContaining('limits: 1 in flight, 100 bytes, 1 waiting'),
  });
});

test('an aborted wait gives its place to the next', async () => {
  const limit = new InFlightLimit({ countMax: 10, bytesMax: 100, waitingMax: 10 });
  await limit.acquire(90);
  const controller = new AbortController();
  const large = limit.acquire(50, controller.signal);
  const small = limit.acquire(10);
  controller.abort(new Error('stop'));
  await expect(large).rejects.toThrow('stop');
  await small;
  expect(limit.bytes).toBe(100);
});

test('idle waits for what is in flight', async () => {
  const limit = new InFlightLimit({ countMax: 1, bytesMax: 100, waitingMax: 1 });
  await limit.idle();
  const release = await limit.acquire(1);
  let isIdle = false;
  void limit.idle().then(() => {
    isIdle = true;
  });
  await settled();
  expect(isIdle).toBe(false);
  release();
  await settled();
  expect(isIdle).toBe(true);
});

test('whoever does not wait takes no place from those who do', async () => {
  const limit = new InFlightLimit({ countMax: 2, bytesMax: 100, waitingMax: 10 });
  expect(limit.tryAcquire(60)).toBe(true);
  const large = limit.acquire(50);
  expect(limit.tryAcquire(10)).toBe(false);
  limit.release(60);
  await large;
  expect(limit.tryAcquire(10)).toBe(true);
  expect(limit).toMatchObject({ count: 2, bytes: 60, waitingCount: 0 });
});
