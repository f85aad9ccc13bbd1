import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// Pop consumption: 200050 – 200055.

const popMessageRequestFields = {
  consumerGroup: 'string',
  topic: 'string',
  queueId: 'int',
  maxMsgNums: 'int',
  invisibleTime: 'long',
  pollTime: 'long',
  bornTime: 'long',
  initMode: 'int',
  expType: 'string?',
  exp: 'string?',
  order: 'boolean=false',
  attemptId: 'string?',
} as const;
export const PopMessageRequestHeader: Header<typeof popMessageRequestFields> = defineHeader(
  'PopMessageRequestHeader',
  popMessageRequestFields,
);
export type PopMessageRequestHeader = HeaderValues<typeof PopMessageRequestHeader>;

const popMessageResponseFields = {
  popTime: 'long',
  invisibleTime: 'long',
  reviveQid: 'int',
  restNum: 'long',
  startOffsetInfo: 'string?',
  msgOffsetInfo: 'string?',
  orderCountInfo: 'string?',
} as const;
export const PopMessageResponseHeader: Header<typeof popMessageResponseFields> = defineHeader(
  'PopMessageResponseHeader',
  popMessageResponseFields,
);
export type PopMessageResponseHeader = HeaderValues<typeof PopMessageResponseHeader>;

const ackMessageRequestFields = {
  consumerGroup: 'string',
  topic: 'string',
  queueId: 'int',
  extraInfo: 'string',
  offset: 'long',
} as const;
export const AckMessageRequestHeader: Header<typeof ackMessageRequestFields> = defineHeader(
  'AckMessageRequestHeader',
  ackMessageRequestFields,
);
export type AckMessageRequestHeader = HeaderValues<typeof AckMessageRequestHeader>;

const peekMessageRequestFields = {
  topic: 'string',
  queueId: 'int',
  maxMsgNums: 'int',
  consumerGroup: 'string',
} as const;
export const PeekMessageRequestHeader: Header<typeof peekMessageRequestFields> = defineHeader(
  'PeekMessageRequestHeader',
  peekMessageRequestFields,
);
export type PeekMessageRequestHeader = HeaderValues<typeof PeekMessageRequestHeader>;

const changeInvisibleTimeRequestFields = {
  consumerGroup: 'string',
  topic: 'string',
  queueId: 'int',
  extraInfo: 'string',
  offset: 'long',
  invisibleTime: 'long',
} as const;
export const ChangeInvisibleTimeRequestHeader: Header<typeof changeInvisibleTimeRequestFields> = defineHeader(
  'ChangeInvisibleTimeRequestHeader',
  changeInvisibleTimeRequestFields,
);
export type ChangeInvisibleTimeRequestHeader = HeaderValues<typeof ChangeInvisibleTimeRequestHeader>;

const changeInvisibleTimeResponseFields = {
  popTime: 'long',
  invisibleTime: 'long',
  reviveQid: 'int',
} as const;
export const ChangeInvisibleTimeResponseHeader: Header<typeof changeInvisibleTimeResponseFields> =
  defineHeader('ChangeInvisibleTimeResponseHeader', changeInvisibleTimeResponseFields);
export type ChangeInvisibleTimeResponseHeader = HeaderValues<typeof ChangeInvisibleTimeResponseHeader>;

const notificationRequestFields = {
  consumerGroup: 'string',
  topic: 'string',
  queueId: 'int',
  pollTime: 'long',
  bornTime: 'long',
  order: 'boolean=false',
  attemptId: 'string?',
} as const;
export const NotificationRequestHeader: Header<typeof notificationRequestFields> = defineHeader(
  'NotificationRequestHeader',
  notificationRequestFields,
);
export type NotificationRequestHeader = HeaderValues<typeof NotificationRequestHeader>;

const notificationResponseFields = {
  hasMsg: 'boolean',
  pollingFull: 'boolean=false',
} as const;
export const NotificationResponseHeader: Header<typeof notificationResponseFields> = defineHeader(
  'NotificationResponseHeader',
  notificationResponseFields,
);
export type NotificationResponseHeader = HeaderValues<typeof NotificationResponseHeader>;

const pollingInfoRequestFields = {
  consumerGroup: 'string',
  topic: 'string',
  queueId: 'int',
} as const;
export const PollingInfoRequestHeader: Header<typeof pollingInfoRequestFields> = defineHeader(
  'PollingInfoRequestHeader',
  pollingInfoRequestFields,
);
export type PollingInfoRequestHeader = HeaderValues<typeof PollingInfoRequestHeader>;

const pollingInfoResponseFields = {
  pollingNum: 'int',
} as const;
export const PollingInfoResponseHeader: Header<typeof pollingInfoResponseFields> = defineHeader(
  'PollingInfoResponseHeader',
  pollingInfoResponseFields,
);
export type PollingInfoResponseHeader = HeaderValues<typeof PollingInfoResponseHeader>;
