import type { BrokerConfig } from '../config/broker-config.ts';
import { type TopicConfig, topicConfig } from './topic-config.ts';

const PERM_INHERIT = 1;
const PERM_ALL = 7;
const SCHEDULE_TOPIC_QUEUE_NUMS = 18;
const BENCHMARK_TOPIC_QUEUE_NUMS = 1024;

export const AUTO_CREATE_TOPIC_KEY_TOPIC = 'TBW102';

function withQueues(name: string, queueNums: number, perm = 6): TopicConfig {
  return topicConfig(name, { readQueueNums: queueNums, writeQueueNums: queueNums, perm });
}

/** The topics every broker has from its first start; official tools expect them (Java: TopicConfigManager.init). */
export function systemTopics(config: BrokerConfig): TopicConfig[] {
  const { brokerClusterName: cluster, brokerName } = config;
  const topics = [
    withQueues('SELF_TEST_TOPIC', 1),
    withQueues('BenchmarkTest', BENCHMARK_TOPIC_QUEUE_NUMS),
    withQueues(cluster, 16, config.clusterTopicEnable ? PERM_ALL : PERM_INHERIT),
    withQueues(brokerName, 1, config.brokerTopicEnable ? PERM_ALL : PERM_INHERIT),
    withQueues('OFFSET_MOVED_EVENT', 1),
    withQueues('SCHEDULE_TOPIC_XXXX', SCHEDULE_TOPIC_QUEUE_NUMS),
    withQueues(`${cluster}_REPLY_TOPIC`, 1),
    withQueues(`rmq_sys_REVIVE_LOG_${cluster}`, config.reviveQueueNum),
    withQueues(`rmq_sys_SYNC_BROKER_MEMBER_${brokerName}`, 1, PERM_INHERIT),
    withQueues('RMQ_SYS_TRANS_HALF_TOPIC', 1),
    withQueues('RMQ_SYS_TRANS_OP_HALF_TOPIC', 1),
    withQueues('rmq_sys_wheel_timer', 1),
  ];
  if (config.autoCreateTopicEnable)
    topics.push(withQueues(AUTO_CREATE_TOPIC_KEY_TOPIC, config.defaultTopicQueueNums, PERM_ALL));
  if (config.traceTopicEnable) topics.push(withQueues(config.msgTraceTopicName, 1));
  return topics;
}
