import { seededRandom } from '@centaurmq/remoting';
import { expect, test } from 'vitest';
import { ProcessQueue } from '../../../src/consumer/consume/process-queue.ts';
import { messageExt, messagesAt } from '../../message/messages.ts';

test('the offset to commit is the lowest message that is not done, whatever order they end in', () => {
  const processQueue = new ProcessQueue(0);
  const [first, second, third] = messagesAt(10, 11, 12);
  processQueue.put([first!, second!, third!]);
  expect(processQueue.remove([second!], 1)).toBe(10);
  expect(processQueue.remove([first!], 2)).toBe(12);
  expect(processQueue.remove([third!], 3)).toBe(13);
  expect(processQueue.remove([third!], 4)).toBeNull();
  expect(processQueue.lastConsumeAt).toBe(4);
});

test('counts messages, bytes and span', () => {
  const processQueue = new ProcessQueue(0);
  processQueue.put([
    messageExt({ queueOffset: 5, body: Buffer.alloc(10) }),
    messageExt({ queueOffset: 9, body: Buffer.alloc(20) }),
  ]);
  expect(processQueue).toMatchObject({
    messageCount: 2,
    bodyBytes: 30,
    maxSpan: 4,
    firstQueueOffset: 5,
    lastQueueOffset: 9,
  });
  processQueue.remove(messagesAt(5), 0);
  expect(processQueue).toMatchObject({ messageCount: 1, bodyBytes: 20, maxSpan: 0, firstQueueOffset: 9 });
});

test('a message that comes twice counts once', () => {
  const processQueue = new ProcessQueue(0);
  processQueue.put([messageExt({ queueOffset: 5, body: Buffer.alloc(10) })]);
  processQueue.put([messageExt({ queueOffset: 5, body: Buffer.alloc(7) })]);
  expect(processQueue).toMatchObject({ messageCount: 1, bodyBytes: 7 });
});

test('messages that arrive out of order are kept in the order of the queue', () => {
  const processQueue = new ProcessQueue(0);
  processQueue.put(messagesAt(20, 21));
  processQueue.put(messagesAt(18, 19));
  expect(processQueue.firstQueueOffset).toBe(18);
  expect(processQueue.remove(messagesAt(18), 0)).toBe(19);
});

test('the first message expires when its handler runs for too long', () => {
  const processQueue = new ProcessQueue(0);
  const [first, second] = messagesAt(1, 2);
  processQueue.put([first!, second!]);
  expect(processQueue.firstExpired(10_000, 100)).toBeNull();
  processQueue.consumeStarted([first!], 10_000);
  expect(processQueue.firstExpired(10_100, 100)).toBeNull();
  expect(processQueue.firstExpired(10_101, 100)).toBe(first);
});

test('dropping aborts the signal', () => {
  const processQueue = new ProcessQueue(0);
  expect(processQueue.droppedSignal.aborted).toBe(false);
  processQueue.drop();
  expect(processQueue.droppedSignal.aborted).toBe(true);
  expect(processQueue.isDropped).toBe(true);
});

test('the same as an ordered map says, whatever comes, ends and comes again', () => {
  const seed = Number(process.env['PROCESS_QUEUE_SEED'] ?? 20_261_121);
  const random = seededRandom(seed);
  const processQueue = new ProcessQueue(0);
  const model = new Map<number, number>();
  let queueOffsetMax = -1;
  for (let step = 0; step < 3_000; step++) {
    const isNew = random.below(3) > 0;
    const queueOffset = isNew
      ? queueOffsetMax + 1 + random.below(3)
      : Math.max(0, queueOffsetMax - random.below(12));
    const [message] = messagesAt(queueOffset);
    const given = { ...message!, body: Buffer.alloc(random.below(9)) };
    const isPut = isNew ? random.below(10) > 3 : random.below(10) > 7;
    if (isPut) {
      processQueue.put([given]);
      model.set(queueOffset, given.body.length);
      queueOffsetMax = Math.max(queueOffsetMax, queueOffset);
    } else {
      const ended = random.below(2) === 0 ? [queueOffset] : [queueOffset, processQueue.firstQueueOffset ?? 0];
      processQueue.remove(messagesAt(...ended), 0);
      for (const done of ended) model.delete(done);
    }
    const seen = `seed ${seed}, step ${step}`;
    expect(processQueue.messageCount, seen).toBe(model.size);
    expect(processQueue.bodyBytes, seen).toBe([...model.values()].reduce((sum, bytes) => sum + bytes, 0));
    expect(processQueue.firstQueueOffset, seen).toBe(model.size === 0 ? null : Math.min(...model.keys()));
    expect(processQueue.contains(given), seen).toBe(model.has(queueOffset));
  }
});
