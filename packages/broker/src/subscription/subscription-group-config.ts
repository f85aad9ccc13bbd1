import { type JsonObject, jsonBoolean, jsonInteger, jsonObject, jsonText } from '../metadata/json-value.ts';

/** A consumer group as the broker keeps it; the same members as Java's SubscriptionGroupConfig JSON. */
export interface SubscriptionGroupConfig {
  readonly groupName: string;
  readonly consumeEnable: boolean;
  readonly consumeFromMinEnable: boolean;
  readonly consumeBroadcastEnable: boolean;
  readonly consumeMessageOrderly: boolean;
  readonly retryQueueNums: number;
  readonly retryMaxTimes: number;
  /** Java's GroupRetryPolicy, kept as it came: `{"type":"CUSTOMIZED"}` unless set. */
  readonly groupRetryPolicy: JsonObject;
  readonly brokerId: number;
  readonly whichBrokerWhenConsumeSlowly: number;
  readonly notifyConsumerIdsChangedEnable: boolean;
  readonly groupSysFlag: number;
  readonly consumeTimeoutMinute: number;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A group with Java's defaults. */
export function subscriptionGroupConfig(
  groupName: string,
  given: Partial<Omit<SubscriptionGroupConfig, 'groupName'>> = {},
): SubscriptionGroupConfig {
  return {
    groupName,
    consumeEnable: true,
    consumeFromMinEnable: true,
    consumeBroadcastEnable: true,
    consumeMessageOrderly: false,
    retryQueueNums: 1,
    retryMaxTimes: 16,
    groupRetryPolicy: { type: 'CUSTOMIZED' },
    brokerId: 0,
    whichBrokerWhenConsumeSlowly: 1,
    notifyConsumerIdsChangedEnable: true,
    groupSysFlag: 0,
    consumeTimeoutMinute: 15,
    attributes: {},
    ...given,
  };
}

/** Checks what Java's JSON says; absent members get Java's defaults. Throws TypeError naming the member. */
export function subscriptionGroupConfigOf(json: unknown, where: string): SubscriptionGroupConfig {
  const members = jsonObject(json, where);
  const defaults = subscriptionGroupConfig('');
  const flag = (name: keyof SubscriptionGroupConfig): boolean =>
    jsonBoolean(members[name], name, defaults[name] === true);
  const whole = (name: keyof SubscriptionGroupConfig): number =>
    jsonInteger(members[name], name, Number(defaults[name]));
  const attributes: Record<string, string> = {};
  for (const [key, value] of Object.entries(jsonObject(members['attributes'] ?? {}, 'attributes')))
    attributes[key] = jsonText(value, `attributes.${key}`);
  return {
    groupName: jsonText(members['groupName'], `${where}: groupName`, ''),
    consumeEnable: flag('consumeEnable'),
    consumeFromMinEnable: flag('consumeFromMinEnable'),
    consumeBroadcastEnable: flag('consumeBroadcastEnable'),
    consumeMessageOrderly: flag('consumeMessageOrderly'),
    retryQueueNums: whole('retryQueueNums'),
    retryMaxTimes: whole('retryMaxTimes'),
    groupRetryPolicy: jsonObject(
      members['groupRetryPolicy'] ?? defaults.groupRetryPolicy,
      'groupRetryPolicy',
    ),
    brokerId: whole('brokerId'),
    whichBrokerWhenConsumeSlowly: whole('whichBrokerWhenConsumeSlowly'),
    notifyConsumerIdsChangedEnable: flag('notifyConsumerIdsChangedEnable'),
    groupSysFlag: whole('groupSysFlag'),
    consumeTimeoutMinute: whole('consumeTimeoutMinute'),
    attributes,
  };
}
