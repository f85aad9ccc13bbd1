import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// Topics at the broker: 17, 21, 202, 215, 300, 303, 321, 323, 351.

const createTopicRequestFields = {
  topic: 'string',
  defaultTopic: 'string',
  readQueueNums: 'int',
  writeQueueNums: 'int',
  perm: 'int',
  topicFilterType: 'string',
  topicSysFlag: 'int?',
  order: 'boolean=false',
  attributes: 'string?',
  force: 'boolean=false',
} as const;
export const CreateTopicRequestHeader: Header<typeof createTopicRequestFields> = defineHeader(
  'CreateTopicRequestHeader',
  createTopicRequestFields,
);
export type CreateTopicRequestHeader = HeaderValues<typeof CreateTopicRequestHeader>;

const deleteTopicRequestFields = {
  topic: 'string',
} as const;
export const DeleteTopicRequestHeader: Header<typeof deleteTopicRequestFields> = defineHeader(
  'DeleteTopicRequestHeader',
  deleteTopicRequestFields,
);
export type DeleteTopicRequestHeader = HeaderValues<typeof DeleteTopicRequestHeader>;

const getAllTopicConfigRequestFields = {
  topicSeq: 'int?',
  dataVersion: 'string?',
  maxTopicNum: 'int?',
} as const;
export const GetAllTopicConfigRequestHeader: Header<typeof getAllTopicConfigRequestFields> = defineHeader(
  'GetAllTopicConfigRequestHeader',
  getAllTopicConfigRequestFields,
);
export type GetAllTopicConfigRequestHeader = HeaderValues<typeof GetAllTopicConfigRequestHeader>;

const getAllTopicConfigResponseFields = {
  totalTopicNum: 'int',
} as const;
export const GetAllTopicConfigResponseHeader: Header<typeof getAllTopicConfigResponseFields> = defineHeader(
  'GetAllTopicConfigResponseHeader',
  getAllTopicConfigResponseFields,
);
export type GetAllTopicConfigResponseHeader = HeaderValues<typeof GetAllTopicConfigResponseHeader>;

const getTopicConfigRequestFields = {
  topic: 'string',
} as const;
export const GetTopicConfigRequestHeader: Header<typeof getTopicConfigRequestFields> = defineHeader(
  'GetTopicConfigRequestHeader',
  getTopicConfigRequestFields,
);
export type GetTopicConfigRequestHeader = HeaderValues<typeof GetTopicConfigRequestHeader>;

const getTopicStatsInfoRequestFields = {
  topic: 'string',
} as const;
export const GetTopicStatsInfoRequestHeader: Header<typeof getTopicStatsInfoRequestFields> = defineHeader(
  'GetTopicStatsInfoRequestHeader',
  getTopicStatsInfoRequestFields,
);
export type GetTopicStatsInfoRequestHeader = HeaderValues<typeof GetTopicStatsInfoRequestHeader>;

const queryTopicConsumeByWhoRequestFields = {
  topic: 'string',
} as const;
export const QueryTopicConsumeByWhoRequestHeader: Header<typeof queryTopicConsumeByWhoRequestFields> =
  defineHeader('QueryTopicConsumeByWhoRequestHeader', queryTopicConsumeByWhoRequestFields);
export type QueryTopicConsumeByWhoRequestHeader = HeaderValues<typeof QueryTopicConsumeByWhoRequestHeader>;

const queryConsumeTimeSpanRequestFields = {
  topic: 'string',
  group: 'string',
} as const;
export const QueryConsumeTimeSpanRequestHeader: Header<typeof queryConsumeTimeSpanRequestFields> =
  defineHeader('QueryConsumeTimeSpanRequestHeader', queryConsumeTimeSpanRequestFields);
export type QueryConsumeTimeSpanRequestHeader = HeaderValues<typeof QueryConsumeTimeSpanRequestHeader>;

const queryConsumeQueueRequestFields = {
  topic: 'string?',
  queueId: 'int=0',
  index: 'long=0',
  count: 'int=0',
  consumerGroup: 'string?',
} as const;
export const QueryConsumeQueueRequestHeader: Header<typeof queryConsumeQueueRequestFields> = defineHeader(
  'QueryConsumeQueueRequestHeader',
  queryConsumeQueueRequestFields,
);
export type QueryConsumeQueueRequestHeader = HeaderValues<typeof QueryConsumeQueueRequestHeader>;

const resumeCheckHalfMessageRequestFields = {
  topic: 'string?',
  msgId: 'string?',
} as const;
export const ResumeCheckHalfMessageRequestHeader: Header<typeof resumeCheckHalfMessageRequestFields> =
  defineHeader('ResumeCheckHalfMessageRequestHeader', resumeCheckHalfMessageRequestFields);
export type ResumeCheckHalfMessageRequestHeader = HeaderValues<typeof ResumeCheckHalfMessageRequestHeader>;
