import { PullSysFlag, RequestCode, ResponseCode } from '@centaurmq/protocol';
import type { ConsumerGroupInfo } from '../client/consumer-group-info.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { SubscriptionGroupConfig } from '../subscription/subscription-group-config.ts';
import type { TopicConfig } from '../topic/topic-config.ts';
import { type PullFilter, isTagType, parsePullFilter, registeredPullFilter } from './pull-subscription.ts';
import type { PullRequest } from './pull-request.ts';

const PERM_READ = 4;

/** RocketMQ's ForbiddenType: tells the consumer what refuses it. */
export const ForbiddenType = {
  BROKER: 1,
  GROUP: 2,
  TOPIC: 3,
  BROADCASTING_DISABLE: 4,
  SUBSCRIPTION: 5,
} as const;

export interface PullRefusal {
  readonly code: number;
  readonly remark: string;
  readonly forbiddenType: number | null;
}

export interface PullAdmission {
  readonly topic: TopicConfig;
  readonly group: SubscriptionGroupConfig;
  readonly filter: PullFilter;
}

/** What the checks look at. */
export interface PullState {
  readonly config: Pick<BrokerConfig, 'brokerIP1' | 'brokerPermission' | 'litePullMessageEnable'>;
  readonly group: SubscriptionGroupConfig | null;
  readonly topic: TopicConfig | undefined;
  readonly groupInfo: ConsumerGroupInfo | undefined;
  readonly isReadForbidden: (group: string, topic: string) => boolean;
}

export type PullDecision =
  | { readonly admitted: PullAdmission; readonly refused: null }
  | { readonly admitted: null; readonly refused: PullRefusal };

/** Java's checks in Java's order (PullMessageProcessor.processRequest). */
export function decidePull(code: number, pull: PullRequest, state: PullState): PullDecision {
  const { config, group, topic } = state;
  if ((config.brokerPermission & PERM_READ) === 0) {
    const remark = `the broker[${config.brokerIP1}] pulling message is forbidden`;
    return refuse(ResponseCode.NO_PERMISSION, remark, ForbiddenType.BROKER);
  }
  if (code === RequestCode.LITE_PULL_MESSAGE && !config.litePullMessageEnable) {
    const remark = `the broker[${config.brokerIP1}] for lite pull consumer is forbidden`;
    return refuse(ResponseCode.NO_PERMISSION, remark, ForbiddenType.BROKER);
  }
  if (group === null) {
    const remark = `subscription group [${pull.consumerGroup}] does not exist`;
    return refuse(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, remark);
  }
  if (!group.consumeEnable) {
    const remark = `subscription group no permission, ${pull.consumerGroup}`;
    return refuse(ResponseCode.NO_PERMISSION, remark, ForbiddenType.GROUP);
  }
  if (topic === undefined) {
    const remark = `topic[${pull.topic}] not exist, apply first please!`;
    return refuse(ResponseCode.TOPIC_NOT_EXIST, remark);
  }
  if ((topic.perm & PERM_READ) === 0) {
    const remark = `the topic[${pull.topic}] pulling message is forbidden`;
    return refuse(ResponseCode.NO_PERMISSION, remark, ForbiddenType.TOPIC);
  }
  if (pull.queueId < 0 || pull.queueId >= topic.readQueueNums) {
    const remark = `queueId[${pull.queueId}] is illegal, topic:[${pull.topic}] topicConfig.readQueueNums:[${topic.readQueueNums}]`;
    return refuse(ResponseCode.INVALID_PARAMETER, remark);
  }
  const filter = decideFilter(pull, group, state);
  if ('code' in filter) return { admitted: null, refused: filter };
  if (!isTagType(filter.expressionType)) {
    const remark = `The broker does not support consumer to filter message by ${filter.expressionType}`;
    return refuse(ResponseCode.SYSTEM_ERROR, remark);
  }
  return { admitted: { topic, group, filter }, refused: null };
}

/** What the pull lets through, or why it is refused. */
export function decideFilter(
  pull: Pick<
    PullRequest,
    'consumerGroup' | 'topic' | 'sysFlag' | 'subVersion' | 'subscription' | 'expressionType'
  >,
  group: SubscriptionGroupConfig,
  { groupInfo, isReadForbidden }: Pick<PullState, 'groupInfo' | 'isReadForbidden'>,
): PullFilter | PullRefusal {
  if ((pull.sysFlag & PullSysFlag.SUBSCRIPTION) !== 0) {
    const parsed = parsePullFilter(pull.subscription, pull.expressionType);
    const remark = "parse the consumer's subscription failed";
    return parsed ?? refusal(ResponseCode.SUBSCRIPTION_PARSE_FAILED, remark);
  }
  if (groupInfo === undefined) {
    return refusal(ResponseCode.SUBSCRIPTION_NOT_EXIST, "the consumer's group info not exist");
  }
  if (!group.consumeBroadcastEnable && groupInfo.messageModel === 'BROADCASTING') {
    const remark = `the consumer group[${pull.consumerGroup}] can not consume by broadcast way`;
    return refusal(ResponseCode.NO_PERMISSION, remark, ForbiddenType.BROADCASTING_DISABLE);
  }
  if (isReadForbidden(pull.consumerGroup, pull.topic)) {
    const remark = `the consumer group[${pull.consumerGroup}] is forbidden for topic[${pull.topic}]`;
    return refusal(ResponseCode.NO_PERMISSION, remark, ForbiddenType.SUBSCRIPTION);
  }
  const subscription = groupInfo.findSubscription(pull.topic);
  if (subscription === undefined) {
    return refusal(ResponseCode.SUBSCRIPTION_NOT_EXIST, "the consumer's subscription not exist");
  }
  if (subscription.subVersion < pull.subVersion) {
    return refusal(ResponseCode.SUBSCRIPTION_NOT_LATEST, "the consumer's subscription not latest");
  }
  return registeredPullFilter(subscription);
}

function refusal(code: number, remark: string, forbiddenType: number | null = null): PullRefusal {
  return { code, remark, forbiddenType };
}

function refuse(code: number, remark: string, forbiddenType: number | null = null): PullDecision {
  return { admitted: null, refused: refusal(code, remark, forbiddenType) };
}
