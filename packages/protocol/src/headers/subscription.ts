import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// Subscription groups at the broker: 201, 207, 208, 317, 343, 345, 352, 353.

const deleteSubscriptionGroupRequestFields = {
  groupName: 'string',
  cleanOffset: 'boolean=false',
} as const;
export const DeleteSubscriptionGroupRequestHeader: Header<typeof deleteSubscriptionGroupRequestFields> =
  defineHeader('DeleteSubscriptionGroupRequestHeader', deleteSubscriptionGroupRequestFields);
export type DeleteSubscriptionGroupRequestHeader = HeaderValues<typeof DeleteSubscriptionGroupRequestHeader>;

const getAllSubscriptionGroupRequestFields = {
  groupSeq: 'int?',
  dataVersion: 'string?',
  maxGroupNum: 'int?',
} as const;
export const GetAllSubscriptionGroupRequestHeader: Header<typeof getAllSubscriptionGroupRequestFields> =
  defineHeader('GetAllSubscriptionGroupRequestHeader', getAllSubscriptionGroupRequestFields);
export type GetAllSubscriptionGroupRequestHeader = HeaderValues<typeof GetAllSubscriptionGroupRequestHeader>;

const getAllSubscriptionGroupResponseFields = {
  totalGroupNum: 'int',
} as const;
export const GetAllSubscriptionGroupResponseHeader: Header<typeof getAllSubscriptionGroupResponseFields> =
  defineHeader('GetAllSubscriptionGroupResponseHeader', getAllSubscriptionGroupResponseFields);
export type GetAllSubscriptionGroupResponseHeader = HeaderValues<
  typeof GetAllSubscriptionGroupResponseHeader
>;

const getSubscriptionGroupConfigRequestFields = {
  group: 'string',
} as const;
export const GetSubscriptionGroupConfigRequestHeader: Header<typeof getSubscriptionGroupConfigRequestFields> =
  defineHeader('GetSubscriptionGroupConfigRequestHeader', getSubscriptionGroupConfigRequestFields);
export type GetSubscriptionGroupConfigRequestHeader = HeaderValues<
  typeof GetSubscriptionGroupConfigRequestHeader
>;

const updateGroupForbiddenRequestFields = {
  group: 'string',
  topic: 'string',
  readable: 'boolean?',
} as const;
export const UpdateGroupForbiddenRequestHeader: Header<typeof updateGroupForbiddenRequestFields> =
  defineHeader('UpdateGroupForbiddenRequestHeader', updateGroupForbiddenRequestFields);
export type UpdateGroupForbiddenRequestHeader = HeaderValues<typeof UpdateGroupForbiddenRequestHeader>;

const getConsumeStatsRequestFields = {
  consumerGroup: 'string',
  topic: 'string?',
  topicList: 'string?',
} as const;
export const GetConsumeStatsRequestHeader: Header<typeof getConsumeStatsRequestFields> = defineHeader(
  'GetConsumeStatsRequestHeader',
  getConsumeStatsRequestFields,
);
export type GetConsumeStatsRequestHeader = HeaderValues<typeof GetConsumeStatsRequestHeader>;

const getConsumeStatsInBrokerFields = {
  isOrder: 'boolean',
} as const;
export const GetConsumeStatsInBrokerHeader: Header<typeof getConsumeStatsInBrokerFields> = defineHeader(
  'GetConsumeStatsInBrokerHeader',
  getConsumeStatsInBrokerFields,
);
export type GetConsumeStatsInBrokerHeader = HeaderValues<typeof GetConsumeStatsInBrokerHeader>;

const queryTopicsByConsumerRequestFields = {
  group: 'string',
} as const;
export const QueryTopicsByConsumerRequestHeader: Header<typeof queryTopicsByConsumerRequestFields> =
  defineHeader('QueryTopicsByConsumerRequestHeader', queryTopicsByConsumerRequestFields);
export type QueryTopicsByConsumerRequestHeader = HeaderValues<typeof QueryTopicsByConsumerRequestHeader>;

const querySubscriptionByConsumerRequestFields = {
  group: 'string',
  topic: 'string?',
} as const;
export const QuerySubscriptionByConsumerRequestHeader: Header<
  typeof querySubscriptionByConsumerRequestFields
> = defineHeader('QuerySubscriptionByConsumerRequestHeader', querySubscriptionByConsumerRequestFields);
export type QuerySubscriptionByConsumerRequestHeader = HeaderValues<
  typeof QuerySubscriptionByConsumerRequestHeader
>;
