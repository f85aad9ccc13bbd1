/** A topic as the broker keeps it; the same members as Java's TopicConfig JSON. */
export interface TopicConfig {
  readonly topicName: string;
  readonly readQueueNums: number;
  readonly writeQueueNums: number;
  /** Bits: 1 inherit, 2 write, 4 read, 8 priority. */
  readonly perm: number;
  readonly topicFilterType: 'SINGLE_TAG' | 'MULTI_TAG';
  readonly topicSysFlag: number;
  readonly order: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

export const TOPIC_QUEUE_NUMS_DEFAULT = 16;
export const PERM_READ_WRITE = 6;

/** A topic with Java's defaults: 16 queues, read and write, single tag, not ordered. */
export function topicConfig(
  topicName: string,
  given: Partial<Omit<TopicConfig, 'topicName'>> = {},
): TopicConfig {
  return {
    topicName,
    readQueueNums: TOPIC_QUEUE_NUMS_DEFAULT,
    writeQueueNums: TOPIC_QUEUE_NUMS_DEFAULT,
    perm: PERM_READ_WRITE,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    attributes: {},
    ...given,
  };
}

export function sameTopicConfig(one: TopicConfig, other: TopicConfig): boolean {
  const ones = Object.entries(one.attributes);
  return (
    one.topicName === other.topicName &&
    one.readQueueNums === other.readQueueNums &&
    one.writeQueueNums === other.writeQueueNums &&
    one.perm === other.perm &&
    one.topicFilterType === other.topicFilterType &&
    one.topicSysFlag === other.topicSysFlag &&
    one.order === other.order &&
    ones.length === Object.keys(other.attributes).length &&
    ones.every(([key, value]) => other.attributes[key] === value)
  );
}
