/** Topics of RocketMQ itself (Java: `TopicValidator`). */
export const SystemTopic = {
  /** Its settings are what a topic made by the first send gets. */
  AUTO_CREATE_TOPIC_KEY_TOPIC: 'TBW102',
  RMQ_SYS_SCHEDULE_TOPIC: 'SCHEDULE_TOPIC_XXXX',
  RMQ_SYS_BENCHMARK_TOPIC: 'BenchmarkTest',
  RMQ_SYS_TRANS_HALF_TOPIC: 'RMQ_SYS_TRANS_HALF_TOPIC',
  RMQ_SYS_TRACE_TOPIC: 'RMQ_SYS_TRACE_TOPIC',
  RMQ_SYS_TRANS_OP_HALF_TOPIC: 'RMQ_SYS_TRANS_OP_HALF_TOPIC',
  RMQ_SYS_TRANS_CHECK_MAX_TIME_TOPIC: 'TRANS_CHECK_MAX_TIME_TOPIC',
  RMQ_SYS_SELF_TEST_TOPIC: 'SELF_TEST_TOPIC',
  RMQ_SYS_OFFSET_MOVED_EVENT: 'OFFSET_MOVED_EVENT',
  RMQ_SYS_ROCKSDB_OFFSET_TOPIC: 'CHECKPOINT_TOPIC',
  TIMER_TOPIC: 'rmq_sys_wheel_timer',
} as const;

export const SYSTEM_TOPIC_PREFIX = 'rmq_sys_';
export const SYSTEM_GROUP_PREFIX = 'CID_RMQ_SYS_';
export const RETRY_GROUP_TOPIC_PREFIX = '%RETRY%';
export const DLQ_GROUP_TOPIC_PREFIX = '%DLQ%';
export const REPLY_TOPIC_POSTFIX = 'REPLY_TOPIC';

export const TOPIC_LENGTH_MAX = 127;
export const RETRY_OR_DLQ_TOPIC_LENGTH_MAX = 255;
export const GROUP_LENGTH_MAX = 120;

const LEGAL_NAME = /^[%|a-zA-Z0-9_-]+$/;
const systemTopics: ReadonlySet<string> = new Set(Object.values(SystemTopic));
const notAllowedSendTopics: ReadonlySet<string> = new Set([
  SystemTopic.RMQ_SYS_SCHEDULE_TOPIC,
  SystemTopic.RMQ_SYS_TRANS_HALF_TOPIC,
  SystemTopic.RMQ_SYS_TRANS_OP_HALF_TOPIC,
  SystemTopic.RMQ_SYS_TRANS_CHECK_MAX_TIME_TOPIC,
  SystemTopic.RMQ_SYS_SELF_TEST_TOPIC,
  SystemTopic.RMQ_SYS_OFFSET_MOVED_EVENT,
]);

/** What producers, consumers and brokers agree on about names. */
export const TopicRules: {
  /** Null when the name is legal, else the sentence that says why not. */
  validateTopic(topic: string): string | null;
  /** Null when the name is legal, else the sentence that says why not. */
  validateGroup(group: string): string | null;
  /** Not counting the topics named after the broker and its cluster, which only the broker knows. */
  isSystemTopic(topic: string): boolean;
  isNotAllowedSendTopic(topic: string): boolean;
  isSystemGroup(group: string): boolean;
  isRetryTopic(topic: string): boolean;
  isDlqTopic(topic: string): boolean;
  /** `%RETRY%group`, where messages to be consumed again wait. */
  retryTopic(group: string): string;
  /** `%DLQ%group`, where messages that failed too often lie. */
  dlqTopic(group: string): string;
  /** `<cluster>_REPLY_TOPIC`. */
  replyTopic(cluster: string): string;
} = {
  validateTopic(topic) {
    if (topic.trim() === '') return 'The specified topic is blank.';
    if (!LEGAL_NAME.test(topic)) {
      return `The specified topic: ${topic}, contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$`;
    }
    const isGroupTopic = TopicRules.isRetryTopic(topic) || TopicRules.isDlqTopic(topic);
    const lengthMax = isGroupTopic ? RETRY_OR_DLQ_TOPIC_LENGTH_MAX : TOPIC_LENGTH_MAX;
    return topic.length > lengthMax
      ? `The specified topic: ${topic}, is longer than topic max length: ${lengthMax}`
      : null;
  },
  validateGroup(group) {
    if (group.trim() === '') return 'The specified group is blank.';
    if (!LEGAL_NAME.test(group)) {
      return `The specified group: ${group}, contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$`;
    }
    return group.length > GROUP_LENGTH_MAX
      ? `The specified group: ${group}, is longer than group max length: ${GROUP_LENGTH_MAX}`
      : null;
  },
  isSystemTopic: (topic) => systemTopics.has(topic) || topic.startsWith(SYSTEM_TOPIC_PREFIX),
  isNotAllowedSendTopic: (topic) => notAllowedSendTopics.has(topic),
  isSystemGroup: (group) => group.startsWith(SYSTEM_GROUP_PREFIX),
  isRetryTopic: (topic) => topic.startsWith(RETRY_GROUP_TOPIC_PREFIX),
  isDlqTopic: (topic) => topic.startsWith(DLQ_GROUP_TOPIC_PREFIX),
  retryTopic: (group) => RETRY_GROUP_TOPIC_PREFIX + group,
  dlqTopic: (group) => DLQ_GROUP_TOPIC_PREFIX + group,
  replyTopic: (cluster) => `${cluster}_${REPLY_TOPIC_POSTFIX}`,
};
