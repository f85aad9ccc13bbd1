import { Perm, type TopicConfig } from '@centaurmq/protocol';

export type { TopicConfig } from '@centaurmq/protocol';

export const TOPIC_QUEUE_NUMS_DEFAULT = 16;

/** A topic with Java's defaults: 16 queues, read and write, single tag, not ordered. */
export function topicConfig(
  topicName: string,
  given: Partial<Omit<TopicConfig, 'topicName'>> = {},
): TopicConfig {
  return {
    topicName,
    readQueueNums: TOPIC_QUEUE_NUMS_DEFAULT,
    writeQueueNums: TOPIC_QUEUE_NUMS_DEFAULT,
    perm: Perm.READ | Perm.WRITE,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    attributes: new Map(),
    ...given,
  };
}

export function sameTopicConfig(one: TopicConfig, other: TopicConfig): boolean {
  return (
    one.topicName === other.topicName &&
    one.readQueueNums === other.readQueueNums &&
    one.writeQueueNums === other.writeQueueNums &&
    one.perm === other.perm &&
    one.topicFilterType === other.topicFilterType &&
    one.topicSysFlag === other.topicSysFlag &&
    one.order === other.order &&
    one.attributes.size === other.attributes.size &&
    [...one.attributes].every(([key, value]) => other.attributes.get(key) === value)
  );
}
