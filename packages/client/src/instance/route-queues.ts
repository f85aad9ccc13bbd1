import type { TopicRouteData } from '@centaurmq/protocol';
import { isReadable, isWriteable } from '@centaurmq/protocol';
import type { MessageQueue } from '../message/message-queue.ts';
import { compareJavaStrings } from '../message/message-queue.ts';

const MASTER_ID = 0;

/**
 * The queues that can be written: those of brokers with a master, or the ones an ordered topic names.
 * Apache RocketMQ: MQClientInstance.topicRouteData2TopicPublishInfo.
 */
export function publishQueues(topic: string, route: TopicRouteData): MessageQueue[] {
  if (route.orderTopicConf !== undefined && route.orderTopicConf !== '') {
    return orderedQueues(topic, route.orderTopicConf);
  }
  const withMaster = new Set(
    route.brokerDatas
      .filter(({ brokerAddrs }) => brokerAddrs.has(MASTER_ID))
      .map(({ brokerName }) => brokerName),
  );
  return route.queueDatas
    .toSorted((one, other) => compareJavaStrings(one.brokerName, other.brokerName))
    .filter(({ perm, brokerName }) => isWriteable(perm) && withMaster.has(brokerName))
    .flatMap(({ brokerName, writeQueueNums }) => queuesOf(topic, brokerName, writeQueueNums));
}

/** The queues that can be read. Apache RocketMQ: MQClientInstance.topicRouteData2TopicSubscribeInfo. */
export function subscribeQueues(topic: string, route: TopicRouteData): MessageQueue[] {
  return route.queueDatas
    .filter(({ perm }) => isReadable(perm))
    .flatMap(({ brokerName, readQueueNums }) => queuesOf(topic, brokerName, readQueueNums));
}

/** `broker-a:8;broker-b:8` */
function orderedQueues(topic: string, orderTopicConf: string): MessageQueue[] {
  return orderTopicConf.split(';').flatMap((entry) => {
    const colon = entry.lastIndexOf(':');
    const queueCount = Number(entry.slice(colon + 1));
    if (colon < 1 || !Number.isInteger(queueCount) || queueCount < 0) return [];
    return queuesOf(topic, entry.slice(0, colon), queueCount);
  });
}

function queuesOf(topic: string, brokerName: string, queueCount: number): MessageQueue[] {
  return Array.from({ length: queueCount }, (_, queueId) => ({ topic, brokerName, queueId }));
}
