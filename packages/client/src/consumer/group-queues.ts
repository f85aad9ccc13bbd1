import { getConsumerListByGroup } from '../calls/group-calls.ts';
import { getMaxOffset, searchOffset } from '../calls/offset-calls.ts';
import { MqError, MqErrorCode } from '../errors.ts';
import type { MqClientInstance } from '../instance/mq-client-instance.ts';
import { subscribeQueues } from '../instance/route-queues.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { FromWhere } from './compute-pull-from-where.ts';
import { computePullFromWhere } from './compute-pull-from-where.ts';
import type { OffsetStore } from './offset/offset-store.ts';

/** @returns the queues that can be read, or null when the topic does not exist (yet) */
export async function queuesOfTopic(
  instance: MqClientInstance,
  topic: string,
): Promise<readonly MessageQueue[] | null> {
  const { routes } = instance;
  const route = routes.get(topic) ?? (await routes.refresh(topic));
  return route === null ? null : subscribeQueues(topic, route);
}

/**
 * The clients of a group, as one broker of the topic, chosen by chance, knows them.
 * @throws MqError
 */
export async function clientIdsOfGroup(
  instance: MqClientInstance,
  group: string,
  topic: string,
): Promise<readonly string[]> {
  const { routes, calls, environment, requestTimeoutMillis } = instance;
  const brokerDatas = routes.get(topic)?.brokerDatas ?? [];
  const chosen = brokerDatas[environment.random.below(Math.max(1, brokerDatas.length))];
  const [broker] = chosen === undefined ? [] : routes.brokersNamed(chosen.brokerName);
  if (broker === undefined) {
    throw new MqError(MqErrorCode.BROKER_NOT_FOUND, `no broker of topic ${topic} is known`);
  }
  return getConsumerListByGroup(calls, broker.address, group, { timeoutMillis: requestTimeoutMillis });
}

/** Where a group begins in a queue: where it stopped, else where it wants to. @throws MqError */
export function beginningOfQueue(
  instance: MqClientInstance,
  offsetStore: OffsetStore,
  queue: MessageQueue,
  from: FromWhere,
): Promise<number> {
  const { calls, brokers, requestTimeoutMillis } = instance;
  const options = { timeoutMillis: requestTimeoutMillis };
  return computePullFromWhere(queue, from, {
    stored: () => offsetStore.read(queue),
    maxOffset: async () => getMaxOffset(calls, await brokers.findMaster(queue), queue, options),
    searchOffset: async (_, timestamp) =>
      searchOffset(calls, await brokers.findMaster(queue), queue, timestamp, options),
  });
}
