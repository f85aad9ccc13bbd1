import { languageName } from '../command/language-code.ts';
import { type Body, defineBody } from './define-body.ts';
import { ConsumeFromWhere, ConsumeType, MessageModel } from './heartbeat-data.ts';
import { SubscriptionData } from './subscription-data.ts';

/** One client of a group, as a broker sees it. */
export interface Connection {
  readonly clientAddr: string;
  readonly clientId: string;
  /** Name in LanguageCode; see {@link languageName}. */
  readonly language: string;
  readonly version: number;
}
export const Connection: Body<Connection> = defineBody('Connection', (json) => ({
  clientAddr: json.textOf('clientAddr'),
  clientId: json.textOf('clientId'),
  language: json.textOf('language', languageName(0)),
  version: json.numberOf('version'),
}));

export interface ConsumerConnection {
  readonly connectionSet: readonly Connection[];
  readonly consumeFromWhere: string;
  readonly consumeType: string;
  readonly messageModel: string;
  /** By topic. */
  readonly subscriptionTable: ReadonlyMap<string, SubscriptionData>;
}
export const ConsumerConnection: Body<ConsumerConnection> = defineBody('ConsumerConnection', (json) => ({
  connectionSet: json.listOf('connectionSet', Connection.read),
  consumeFromWhere: json.textOf('consumeFromWhere', ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET),
  consumeType: json.textOf('consumeType', ConsumeType.CONSUME_PASSIVELY),
  messageModel: json.textOf('messageModel', MessageModel.CLUSTERING),
  subscriptionTable: json.tableOf('subscriptionTable', SubscriptionData.read),
}));

export interface ProducerConnection {
  readonly connectionSet: readonly Connection[];
}
export const ProducerConnection: Body<ProducerConnection> = defineBody('ProducerConnection', (json) => ({
  connectionSet: json.listOf('connectionSet', Connection.read),
}));

export interface ProducerInfo {
  readonly clientId: string;
  readonly language: string;
  readonly lastUpdateTimestamp: number;
  readonly remoteIP: string;
  readonly version: number;
}

/** Every producer of a broker, by group. */
export interface ProducerTableInfo {
  readonly data: ReadonlyMap<string, readonly ProducerInfo[]>;
}
export const ProducerTableInfo: Body<ProducerTableInfo> = defineBody('ProducerTableInfo', (json) => ({
  data: json.tableOf('data', (producers) =>
    producers.list((producer) => ({
      clientId: producer.textOf('clientId'),
      language: producer.textOf('language', languageName(0)),
      lastUpdateTimestamp: producer.numberOf('lastUpdateTimestamp'),
      remoteIP: producer.textOf('remoteIP'),
      version: producer.numberOf('version'),
    })),
  ),
}));

/** Client ids of a group's consumers, which every one of them divides the queues by. */
export interface GetConsumerListByGroupResponseBody {
  readonly consumerIdList: readonly string[];
}
export const GetConsumerListByGroupResponseBody: Body<GetConsumerListByGroupResponseBody> = defineBody(
  'GetConsumerListByGroupResponseBody',
  (json) => ({ consumerIdList: json.textsOf('consumerIdList') }),
);

export interface GroupList {
  readonly groupList: readonly string[];
}
export const GroupList: Body<GroupList> = defineBody('GroupList', (json) => ({
  groupList: json.textsOf('groupList'),
}));
