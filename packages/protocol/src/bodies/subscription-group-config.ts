import { DataVersion } from './data-version.ts';
import { type Body, defineBody } from './define-body.ts';
import { SubscriptionData } from './subscription-data.ts';

/** How long a group waits before it consumes a message again. */
export interface GroupRetryPolicy {
  readonly type: string;
  readonly exponentialRetryPolicy?:
    | { readonly initial: number; readonly max: number; readonly multiplier: number }
    | undefined;
  /** Delays of the attempts in milliseconds. */
  readonly customizedRetryPolicy?: { readonly next: readonly number[] } | undefined;
}
const GroupRetryPolicy: Body<GroupRetryPolicy> = defineBody('GroupRetryPolicy', (json) => ({
  type: json.textOf('type', 'CUSTOMIZED'),
  exponentialRetryPolicy: json.optionalOf('exponentialRetryPolicy', (policy) => ({
    initial: policy.numberOf('initial'),
    max: policy.numberOf('max'),
    multiplier: policy.numberOf('multiplier'),
  })),
  customizedRetryPolicy: json.optionalOf('customizedRetryPolicy', (policy) => ({
    next: policy.listOf('next', (delay) => delay.number()),
  })),
}));

/** A subscription that is kept with the group, whoever of it is connected. */
export interface SimpleSubscriptionData {
  readonly topic: string;
  readonly expressionType: string;
  readonly expression: string;
  readonly version: number;
}

export interface SubscriptionGroupConfig {
  readonly groupName: string;
  readonly consumeEnable: boolean;
  readonly consumeFromMinEnable: boolean;
  readonly consumeBroadcastEnable: boolean;
  readonly consumeMessageOrderly: boolean;
  readonly retryQueueNums: number;
  readonly retryMaxTimes: number;
  readonly groupRetryPolicy: GroupRetryPolicy;
  readonly brokerId: number;
  /** Broker id that a slow reader is sent to. */
  readonly whichBrokerWhenConsumeSlowly: number;
  readonly notifyConsumerIdsChangedEnable: boolean;
  readonly groupSysFlag: number;
  readonly consumeTimeoutMinute: number;
  readonly subscriptionDataSet?: readonly SimpleSubscriptionData[] | undefined;
  readonly attributes: ReadonlyMap<string, string>;
}
export const SubscriptionGroupConfig: Body<SubscriptionGroupConfig> = defineBody(
  'SubscriptionGroupConfig',
  (json) => ({
    groupName: json.textOf('groupName'),
    consumeEnable: json.booleanOf('consumeEnable', true),
    consumeFromMinEnable: json.booleanOf('consumeFromMinEnable', true),
    consumeBroadcastEnable: json.booleanOf('consumeBroadcastEnable', true),
    consumeMessageOrderly: json.booleanOf('consumeMessageOrderly'),
    retryQueueNums: json.numberOf('retryQueueNums', 1),
    retryMaxTimes: json.numberOf('retryMaxTimes', 16),
    groupRetryPolicy: json.optionalOf('groupRetryPolicy', GroupRetryPolicy.read) ?? { type: 'CUSTOMIZED' },
    brokerId: json.numberOf('brokerId'),
    whichBrokerWhenConsumeSlowly: json.numberOf('whichBrokerWhenConsumeSlowly', 1),
    notifyConsumerIdsChangedEnable: json.booleanOf('notifyConsumerIdsChangedEnable', true),
    groupSysFlag: json.numberOf('groupSysFlag'),
    consumeTimeoutMinute: json.numberOf('consumeTimeoutMinute', 15),
    subscriptionDataSet: json.optionalOf('subscriptionDataSet', (set) =>
      set.list((entry) => ({
        topic: entry.textOf('topic'),
        expressionType: entry.textOf('expressionType'),
        expression: entry.textOf('expression'),
        version: entry.numberOf('version'),
      })),
    ),
    attributes: json.tableOf('attributes', (value) => value.text()),
  }),
);

/** A group with every setting at Java's default. */
export function defaultSubscriptionGroupConfig(groupName: string): SubscriptionGroupConfig {
  return SubscriptionGroupConfig.decode(Buffer.from(JSON.stringify({ groupName })));
}

/** All groups of a broker: subscriptionGroup.json, and the answer to GET_ALL_SUBSCRIPTIONGROUP_CONFIG. */
export interface SubscriptionGroupWrapper {
  readonly dataVersion: DataVersion;
  readonly subscriptionGroupTable: ReadonlyMap<string, SubscriptionGroupConfig>;
  /** Group to topic to bits of what is forbidden. */
  readonly forbiddenTable: ReadonlyMap<string, ReadonlyMap<string, number>>;
}
export const SubscriptionGroupWrapper: Body<SubscriptionGroupWrapper> = defineBody(
  'SubscriptionGroupWrapper',
  (json) => ({
    dataVersion: json.optionalOf('dataVersion', DataVersion.read) ?? {
      counter: 0,
      stateVersion: 0,
      timestamp: 0,
    },
    subscriptionGroupTable: json.tableOf('subscriptionGroupTable', SubscriptionGroupConfig.read),
    forbiddenTable: json.tableOf('forbiddenTable', (topics) => topics.table((bits) => bits.number())),
  }),
);

export interface SubscriptionGroupList {
  readonly groupConfigList: readonly SubscriptionGroupConfig[];
}
export const SubscriptionGroupList: Body<SubscriptionGroupList> = defineBody(
  'SubscriptionGroupList',
  (json) => ({
    groupConfigList: json.listOf('groupConfigList', SubscriptionGroupConfig.read),
  }),
);

/** Whether a group may read a topic: the answer to UPDATE_AND_GET_GROUP_FORBIDDEN. */
export interface GroupForbidden {
  readonly group: string;
  readonly topic: string;
  readonly readable: boolean;
}
export const GroupForbidden: Body<GroupForbidden> = defineBody('GroupForbidden', (json) => ({
  group: json.textOf('group'),
  topic: json.textOf('topic'),
  readable: json.booleanOf('readable'),
}));

export interface QuerySubscriptionResponseBody {
  readonly group: string;
  readonly topic: string;
  readonly subscriptionData?: SubscriptionData | undefined;
}
export const QuerySubscriptionResponseBody: Body<QuerySubscriptionResponseBody> = defineBody(
  'QuerySubscriptionResponseBody',
  (json) => ({
    group: json.textOf('group'),
    topic: json.textOf('topic'),
    subscriptionData: json.optionalOf('subscriptionData', SubscriptionData.read),
  }),
);
