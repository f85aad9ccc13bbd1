import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// Clients and their groups: 34, 35, 38, 40, 203, 204, 221, 223, 307, 309.

const heartbeatResponseFields = {
  supportHeartbeatV2: 'boolean? IS_SUPPORT_HEART_BEAT_V2',
  subscriptionChanged: 'boolean? IS_SUB_CHANGE',
} as const;
export const HeartbeatResponseHeader: Header<typeof heartbeatResponseFields> = defineHeader(
  'HeartbeatResponseHeader',
  heartbeatResponseFields,
);
export type HeartbeatResponseHeader = HeaderValues<typeof HeartbeatResponseHeader>;

const unregisterClientRequestFields = {
  clientID: 'string',
  producerGroup: 'string?',
  consumerGroup: 'string?',
} as const;
export const UnregisterClientRequestHeader: Header<typeof unregisterClientRequestFields> = defineHeader(
  'UnregisterClientRequestHeader',
  unregisterClientRequestFields,
);
export type UnregisterClientRequestHeader = HeaderValues<typeof UnregisterClientRequestHeader>;

const getConsumerListByGroupRequestFields = {
  consumerGroup: 'string',
} as const;
export const GetConsumerListByGroupRequestHeader: Header<typeof getConsumerListByGroupRequestFields> =
  defineHeader('GetConsumerListByGroupRequestHeader', getConsumerListByGroupRequestFields);
export type GetConsumerListByGroupRequestHeader = HeaderValues<typeof GetConsumerListByGroupRequestHeader>;

const notifyConsumerIdsChangedRequestFields = {
  consumerGroup: 'string',
} as const;
export const NotifyConsumerIdsChangedRequestHeader: Header<typeof notifyConsumerIdsChangedRequestFields> =
  defineHeader('NotifyConsumerIdsChangedRequestHeader', notifyConsumerIdsChangedRequestFields);
export type NotifyConsumerIdsChangedRequestHeader = HeaderValues<
  typeof NotifyConsumerIdsChangedRequestHeader
>;

const getConsumerConnectionListRequestFields = {
  consumerGroup: 'string',
} as const;
export const GetConsumerConnectionListRequestHeader: Header<typeof getConsumerConnectionListRequestFields> =
  defineHeader('GetConsumerConnectionListRequestHeader', getConsumerConnectionListRequestFields);
export type GetConsumerConnectionListRequestHeader = HeaderValues<
  typeof GetConsumerConnectionListRequestHeader
>;

const getProducerConnectionListRequestFields = {
  producerGroup: 'string',
} as const;
export const GetProducerConnectionListRequestHeader: Header<typeof getProducerConnectionListRequestFields> =
  defineHeader('GetProducerConnectionListRequestHeader', getProducerConnectionListRequestFields);
export type GetProducerConnectionListRequestHeader = HeaderValues<
  typeof GetProducerConnectionListRequestHeader
>;

const getConsumerStatusRequestFields = {
  topic: 'string',
  group: 'string',
  clientAddr: 'string?',
} as const;
export const GetConsumerStatusRequestHeader: Header<typeof getConsumerStatusRequestFields> = defineHeader(
  'GetConsumerStatusRequestHeader',
  getConsumerStatusRequestFields,
);
export type GetConsumerStatusRequestHeader = HeaderValues<typeof GetConsumerStatusRequestHeader>;

const getConsumerRunningInfoRequestFields = {
  consumerGroup: 'string',
  clientId: 'string',
  jstackEnable: 'boolean=false',
} as const;
export const GetConsumerRunningInfoRequestHeader: Header<typeof getConsumerRunningInfoRequestFields> =
  defineHeader('GetConsumerRunningInfoRequestHeader', getConsumerRunningInfoRequestFields);
export type GetConsumerRunningInfoRequestHeader = HeaderValues<typeof GetConsumerRunningInfoRequestHeader>;

const consumeMessageDirectlyResultRequestFields = {
  consumerGroup: 'string',
  clientId: 'string?',
  msgId: 'string?',
  brokerName: 'string?',
  topic: 'string?',
  topicSysFlag: 'int?',
  groupSysFlag: 'int?',
} as const;
export const ConsumeMessageDirectlyResultRequestHeader: Header<
  typeof consumeMessageDirectlyResultRequestFields
> = defineHeader('ConsumeMessageDirectlyResultRequestHeader', consumeMessageDirectlyResultRequestFields);
export type ConsumeMessageDirectlyResultRequestHeader = HeaderValues<
  typeof ConsumeMessageDirectlyResultRequestHeader
>;
