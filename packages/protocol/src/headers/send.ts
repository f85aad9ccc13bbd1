import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// Sending: 10, 310, 320 and their answer; 36, 324 – 326, 370.

const sendMessageRequestFields = {
  producerGroup: 'string',
  topic: 'string',
  defaultTopic: 'string',
  defaultTopicQueueNums: 'int',
  queueId: 'int',
  sysFlag: 'int',
  bornTimestamp: 'long',
  flag: 'int',
  properties: 'string?',
  reconsumeTimes: 'int?',
  unitMode: 'boolean?',
  batch: 'boolean?',
  maxReconsumeTimes: 'int?',
} as const;
export const SendMessageRequestHeader: Header<typeof sendMessageRequestFields> = defineHeader(
  'SendMessageRequestHeader',
  sendMessageRequestFields,
);
export type SendMessageRequestHeader = HeaderValues<typeof SendMessageRequestHeader>;

const sendMessageRequestFieldsV2 = {
  producerGroup: 'string a',
  topic: 'string b',
  defaultTopic: 'string c',
  defaultTopicQueueNums: 'int d',
  queueId: 'int e',
  sysFlag: 'int f',
  bornTimestamp: 'long g',
  flag: 'int h',
  properties: 'string? i',
  reconsumeTimes: 'int? j',
  unitMode: 'boolean? k',
  maxReconsumeTimes: 'int? l',
  batch: 'boolean? m',
  brokerName: 'string? n',
} as const;
export const SendMessageRequestHeaderV2: Header<typeof sendMessageRequestFieldsV2> = defineHeader(
  'SendMessageRequestHeaderV2',
  sendMessageRequestFieldsV2,
);
export type SendMessageRequestHeaderV2 = HeaderValues<typeof SendMessageRequestHeaderV2>;

const sendMessageResponseFields = {
  msgId: 'string',
  queueId: 'int',
  queueOffset: 'long',
  transactionId: 'string?',
  batchUniqId: 'string?',
  recallHandle: 'string?',
  regionId: 'string? MSG_REGION',
  traceOn: 'boolean? TRACE_ON',
} as const;
export const SendMessageResponseHeader: Header<typeof sendMessageResponseFields> = defineHeader(
  'SendMessageResponseHeader',
  sendMessageResponseFields,
);
export type SendMessageResponseHeader = HeaderValues<typeof SendMessageResponseHeader>;

const consumerSendMsgBackRequestFields = {
  offset: 'long',
  group: 'string',
  delayLevel: 'int',
  originMsgId: 'string?',
  originTopic: 'string?',
  unitMode: 'boolean=false',
  maxReconsumeTimes: 'int?',
} as const;
export const ConsumerSendMsgBackRequestHeader: Header<typeof consumerSendMsgBackRequestFields> = defineHeader(
  'ConsumerSendMsgBackRequestHeader',
  consumerSendMsgBackRequestFields,
);
export type ConsumerSendMsgBackRequestHeader = HeaderValues<typeof ConsumerSendMsgBackRequestHeader>;

const replyMessageRequestFields = {
  producerGroup: 'string',
  topic: 'string',
  defaultTopic: 'string',
  defaultTopicQueueNums: 'int',
  queueId: 'int',
  sysFlag: 'int',
  bornTimestamp: 'long',
  flag: 'int',
  properties: 'string?',
  reconsumeTimes: 'int?',
  unitMode: 'boolean=false',
  bornHost: 'string',
  storeHost: 'string',
  storeTimestamp: 'long',
} as const;
export const ReplyMessageRequestHeader: Header<typeof replyMessageRequestFields> = defineHeader(
  'ReplyMessageRequestHeader',
  replyMessageRequestFields,
);
export type ReplyMessageRequestHeader = HeaderValues<typeof ReplyMessageRequestHeader>;

const recallMessageRequestFields = {
  producerGroup: 'string?',
  topic: 'string',
  recallHandle: 'string',
} as const;
export const RecallMessageRequestHeader: Header<typeof recallMessageRequestFields> = defineHeader(
  'RecallMessageRequestHeader',
  recallMessageRequestFields,
);
export type RecallMessageRequestHeader = HeaderValues<typeof RecallMessageRequestHeader>;

const recallMessageResponseFields = {
  msgId: 'string',
} as const;
export const RecallMessageResponseHeader: Header<typeof recallMessageResponseFields> = defineHeader(
  'RecallMessageResponseHeader',
  recallMessageResponseFields,
);
export type RecallMessageResponseHeader = HeaderValues<typeof RecallMessageResponseHeader>;
