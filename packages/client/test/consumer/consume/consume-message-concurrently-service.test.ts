import { ManualClock, silentLogger } from '@centaurmq/remoting';
import { expect, test } from 'vitest';
import { ConsumeMessageConcurrentlyService } from '../../../src/consumer/consume/consume-message-concurrently-service.ts';
import type { ConsumeMessageOptions } from '../../../src/consumer/consume/consume-message-concurrently-service.ts';
import { ConsumerStatistics } from '../../../src/consumer/consume/consumer-statistics.ts';
import { ProcessQueue } from '../../../src/consumer/consume/process-queue.ts';
import { OffsetTable } from '../../../src/consumer/offset/offset-store.ts';
import { messagesAt } from '../../message/messages.ts';

const queue = { topic: 'T', brokerName: 'b', queueId: 0 };
const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

interface Consuming {
  readonly service: ConsumeMessageConcurrentlyService;
  readonly processQueue: ProcessQueue;
  readonly offsets: OffsetTable;
  readonly statistics: ConsumerStatistics;
  readonly sentBack: number[];
  /** Puts messages into the queue and hands them over. */
  readonly submit: (...queueOffsets: number[]) => void;
}

function consume(options: Partial<ConsumeMessageOptions>): Consuming {
  const clock = new ManualClock();
  const offsets = new OffsetTable();
  const processQueue = new ProcessQueue(0);
  const statistics = new ConsumerStatistics(clock);
  const sentBack: number[] = [];
  const service = new ConsumeMessageConcurrentlyService({
    group: 'G',
    clock,
    logger: silentLogger,
    listener: () => 'CONSUME_SUCCESS',
    concurrency: 20,
    batchSizeMax: 1,
    offsets,
    statistics,
    sendBack: ({ queueOffset }) => {
      sentBack.push(queueOffset);
      return Promise.resolve();
    },
    ...options,
  });
  const submit = (...queueOffsets: number[]): void => {
    const messages = messagesAt(...queueOffsets);
    processQueue.put(messages);
    service.submit(messages, processQueue, queue);
  };
  return { service, processQueue, offsets, statistics, sentBack, submit };
}

test('at most so many handlers at a time, with at most so many messages each', async () => {
  const batches: number[] = [];
  const finish: (() => void)[] = [];
  const { submit, service } = consume({
    concurrency: 2,
    batchSizeMax: 2,
    listener: (messages) => {
      batches.push(messages.length);
      return new Promise((resolve) => {
        finish.push(() => resolve('CONSUME_SUCCESS'));
      });
    },
  });
  submit(0, 1, 2, 3, 4);
  expect(batches).toEqual([2, 2]);
  expect(service.runningCount).toBe(2);
  finish[0]?.();
  await settled();
  expect(batches).toEqual([2, 2, 1]);
});

test('the messages after ackIndex failed', async () => {
  const { submit, sentBack, offsets, statistics } = consume({
    batchSizeMax: 4,
    listener: (_, context) => {
      context.ackIndex = 1;
      return 'CONSUME_SUCCESS';
    },
  });
  submit(10, 11, 12, 13);
  await settled();
  expect(sentBack).toEqual([12, 13]);
  expect(offsets.get(queue)).toBe(14);
  expect(statistics.status('T')).toMatchObject({ consumeFailedMsgs: 2, consumeOKTPS: 2 / 60 });
});

test('a message that was sent back for taking too long is not sent back again', async () => {
  let fail: (() => void) | undefined;
  const { submit, processQueue, sentBack } = consume({
    listener: () =>
      new Promise((resolve) => {
        fail = () => resolve('RECONSUME_LATER');
      }),
  });
  submit(5);
  processQueue.remove(messagesAt(5), 0);
  fail?.();
  await settled();
  expect(sentBack).toEqual([]);
});

test('a queue that is dropped while its message is sent back is not committed', async () => {
  let sent: (() => void) | undefined;
  const { submit, processQueue, offsets } = consume({
    listener: () => 'RECONSUME_LATER',
    sendBack: () =>
      new Promise((resolve) => {
        sent = resolve;
      }),
  });
  submit(5);
  await settled();
  processQueue.drop();
  sent?.();
  await settled();
  expect(offsets.get(queue)).toBeNull();
});

test('messages of a dropped queue do not reach the handler', async () => {
  let calls = 0;
  const { submit, processQueue } = consume({
    concurrency: 1,
    listener: () => {
      calls++;
      return new Promise((resolve) => {
        setImmediate(() => resolve('CONSUME_SUCCESS'));
      });
    },
  });
  submit(1, 2, 3);
  processQueue.drop();
  await settled();
  await settled();
  expect(calls).toBe(1);
});

test('without a way back (broadcasting) what fails is dropped and the offset goes on', async () => {
  const { submit, offsets } = consume({ listener: () => 'RECONSUME_LATER', sendBack: null });
  submit(7);
  await settled();
  expect(offsets.get(queue)).toBe(8);
});

test('a handler that waits for nothing is settled at once, one message after the other', () => {
  const seen: unknown[] = [];
  const { submit, service, offsets, processQueue } = consume({
    concurrency: 1,
    listener: ([message]) => {
      seen.push([message?.queueOffset, offsets.get(queue), service.runningCount]);
      return 'CONSUME_SUCCESS';
    },
  });
  submit(5, 6, 7);
  expect(seen).toEqual([
    [5, null, 1],
    [6, 6, 1],
    [7, 7, 1],
  ]);
  expect(offsets.get(queue)).toBe(8);
  expect(processQueue.messageCount).toBe(0);
  expect(service.runningCount).toBe(0);
});

test('messages wait in the order they came while handlers run', async () => {
  const seen: (number | undefined)[] = [];
  let finish: () => void = () => undefined;
  const { submit } = consume({
    concurrency: 1,
    listener: async ([message]) => {
      seen.push(message?.queueOffset);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return 'CONSUME_SUCCESS' as const;
    },
  });
  submit(1, 2);
  submit(3);
  for (let count = 0; count < 3; count++) {
    finish();
    await settled();
  }
  submit(4);
  expect(seen).toEqual([1, 2, 3, 4]);
});
