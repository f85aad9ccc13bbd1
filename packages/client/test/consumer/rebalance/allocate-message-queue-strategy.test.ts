import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  allocateMessageQueueAveragely,
  allocateMessageQueueAveragelyByCircle,
} from '../../../src/consumer/rebalance/allocate-message-queue-averagely.ts';
import { allocateMessageQueueByConfig } from '../../../src/consumer/rebalance/allocate-message-queue-by-config.ts';
import {
  allocateMachineRoomNearby,
  allocateMessageQueueByMachineRoom,
} from '../../../src/consumer/rebalance/allocate-message-queue-by-machine-room.ts';
import { allocateMessageQueueByConsistentHash } from '../../../src/consumer/rebalance/allocate-message-queue-consistent-hash.ts';
import type { AllocateMessageQueueStrategy } from '../../../src/consumer/rebalance/allocate-message-queue-strategy.ts';
import type { MessageQueue } from '../../../src/message/message-queue.ts';

interface GoldenCase {
  readonly strategy: string;
  /** `broker:queueId`, separated by spaces */
  readonly queues: string;
  readonly consumers: readonly string[];
  readonly allocations: readonly string[];
}

const fixture = new URL('../../../../../test/fixtures/golden/allocation.json', import.meta.url);
const goldenCases = JSON.parse(readFileSync(fixture, 'utf8')) as GoldenCase[];

const strategies: Record<string, AllocateMessageQueueStrategy> = Object.fromEntries(
  [
    allocateMessageQueueAveragely,
    allocateMessageQueueAveragelyByCircle,
    allocateMessageQueueByConsistentHash(),
    allocateMessageQueueByMachineRoom(['room1', 'room2']),
    allocateMachineRoomNearby(allocateMessageQueueAveragely, {
      roomOfBroker: ({ brokerName }) => brokerName.split('@')[0] ?? '',
      roomOfClient: (clientId) => clientId.split('-')[0] ?? '',
    }),
  ].map((strategy) => [strategy.name, strategy]),
);

test('every strategy gives what Java gives', () => {
  expect(new Set(goldenCases.map(({ strategy }) => strategy))).toEqual(new Set(Object.keys(strategies)));
  for (const { strategy, queues, consumers, allocations } of goldenCases) {
    const allocated = consumers.map((clientId) =>
      texts(
        strategies[strategy]!.allocate({
          consumerGroup: 'golden-consumer',
          clientId,
          queues: parse(queues),
          clientIds: consumers,
        }),
      ),
    );
    expect(allocated, `${strategy} ${queues} ${consumers.join()}`).toEqual(allocations);
  }
});

test('a client that the broker does not list gets nothing', () => {
  const input = { consumerGroup: 'G', clientId: 'c', queues: parse('b:0 b:1'), clientIds: ['a', 'b'] };
  for (const strategy of Object.values(strategies)) expect(strategy.allocate(input)).toEqual([]);
});

test('allocation without queues or clients is refused with what was found', () => {
  const input = { consumerGroup: 'G', clientId: 'a', queues: parse('b:0'), clientIds: ['a'] };
  const allocate = (given: object): unknown => allocateMessageQueueAveragely.allocate({ ...input, ...given });
  expect(() => allocate({ queues: [] })).toThrow("found client id 'a', 0 queues, 1 client ids");
  expect(() => allocate({ clientIds: [] })).toThrow('0 client ids');
  expect(() => allocate({ clientId: '' })).toThrow("client id ''");
});

test('by config, only the queues of the topic in question', () => {
  const mine = { topic: 'golden-topic', brokerName: 'b', queueId: 1 };
  const strategy = allocateMessageQueueByConfig([mine, { ...mine, topic: 'other' }]);
  const input = { consumerGroup: 'G', clientId: 'a', queues: parse('b:0 b:1'), clientIds: ['a', 'b'] };
  expect(strategy.allocate(input)).toEqual([mine]);
});

function parse(queues: string): MessageQueue[] {
  return queues.split(' ').map((text) => {
    const colon = text.lastIndexOf(':');
    return {
      topic: 'golden-topic',
      brokerName: text.slice(0, colon),
      queueId: Number(text.slice(colon + 1)),
    };
  });
}

function texts(queues: readonly MessageQueue[]): string {
  return queues.map(({ brokerName, queueId }) => `${brokerName}:${queueId}`).join(' ');
}
