import { jsonBoolean, jsonInteger, jsonObject, jsonText } from '../metadata/json-value.ts';
import type { ConsumeType, MessageModel, SubscriptionData } from './subscription-data.ts';

/** A group as one of its instances sees it. */
export interface ConsumerData {
  readonly groupName: string;
  readonly consumeType: ConsumeType;
  readonly messageModel: MessageModel;
  readonly consumeFromWhere: string;
  readonly unitMode: boolean;
  readonly subscriptionDataSet: readonly SubscriptionData[];
}

/** Who a client is and what it does (Java: HeartbeatData). */
export interface HeartbeatData {
  readonly clientID: string;
  readonly producerGroups: readonly string[];
  readonly consumerDataSet: readonly ConsumerData[];
  /** Not 0 in heartbeat V2: a hash of the subscriptions. */
  readonly heartbeatFingerprint: number;
  /** Heartbeat V2: the subscriptions are left out because they did not change. */
  readonly withoutSub: boolean;
}

const GROUPS_MAX = 10_000;
const SUBSCRIPTIONS_MAX = 10_000;
const TAGS_MAX = 100_000;

/** @throws TypeError naming the member that is missing or wrong */
export function heartbeatDataOf(json: unknown): HeartbeatData {
  const members = jsonObject(json, 'heartbeat');
  return {
    clientID: jsonText(members['clientID'], 'clientID'),
    producerGroups: list(members['producerDataSet'], 'producerDataSet', GROUPS_MAX).map((item) =>
      jsonText(jsonObject(item, 'producerDataSet')['groupName'], 'groupName'),
    ),
    consumerDataSet: list(members['consumerDataSet'], 'consumerDataSet', GROUPS_MAX).map(consumerDataOf),
    heartbeatFingerprint: jsonInteger(members['heartbeatFingerprint'], 'heartbeatFingerprint', 0),
    withoutSub: jsonBoolean(members['withoutSub'], 'withoutSub', false),
  };
}

function consumerDataOf(json: unknown): ConsumerData {
  const members = jsonObject(json, 'consumerDataSet');
  const subscriptions = list(members['subscriptionDataSet'], 'subscriptionDataSet', SUBSCRIPTIONS_MAX);
  return {
    groupName: jsonText(members['groupName'], 'groupName'),
    consumeType: consumeTypeOf(members['consumeType']),
    messageModel: members['messageModel'] === 'BROADCASTING' ? 'BROADCASTING' : 'CLUSTERING',
    consumeFromWhere: jsonText(members['consumeFromWhere'], 'consumeFromWhere', 'CONSUME_FROM_LAST_OFFSET'),
    unitMode: jsonBoolean(members['unitMode'], 'unitMode', false),
    subscriptionDataSet: subscriptions.map(subscriptionDataOf),
  };
}

/** @throws TypeError naming the member that is missing or wrong */
export function subscriptionDataOf(json: unknown): SubscriptionData {
  const members = jsonObject(json, 'subscriptionData');
  return {
    classFilterMode: jsonBoolean(members['classFilterMode'], 'classFilterMode', false),
    topic: jsonText(members['topic'], 'topic'),
    subString: jsonText(members['subString'], 'subString', '*'),
    tagsSet: list(members['tagsSet'], 'tagsSet', TAGS_MAX).map((tag) => jsonText(tag, 'tagsSet')),
    codeSet: list(members['codeSet'], 'codeSet', TAGS_MAX).map((code) => jsonInteger(code, 'codeSet')),
    subVersion: jsonInteger(members['subVersion'], 'subVersion', 0),
    expressionType: jsonText(members['expressionType'], 'expressionType', 'TAG'),
  };
}

function consumeTypeOf(value: unknown): ConsumeType {
  return value === 'CONSUME_ACTIVELY' || value === 'CONSUME_POP' ? value : 'CONSUME_PASSIVELY';
}

function list(value: unknown, where: string, countMax: number): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TypeError(`${where}: expected a list`);
  if (value.length > countMax)
    throw new TypeError(`${where}: expected at most ${countMax} entries, found ${value.length}`);
  return value;
}
