import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// Reading messages: 11, 361, 12, 33.

const pullMessageRequestFields = {
  consumerGroup: 'string',
  topic: 'string',
  queueId: 'int',
  queueOffset: 'long',
  maxMsgNums: 'int',
  sysFlag: 'int',
  commitOffset: 'long',
  suspendTimeoutMillis: 'long',
  subscription: 'string?',
  subVersion: 'long',
  expressionType: 'string?',
  maxMsgBytes: 'int?',
  requestSource: 'int?',
  proxyForwardClientId: 'string? proxyFrowardClientId', // sic
} as const;
export const PullMessageRequestHeader: Header<typeof pullMessageRequestFields> = defineHeader(
  'PullMessageRequestHeader',
  pullMessageRequestFields,
);
export type PullMessageRequestHeader = HeaderValues<typeof PullMessageRequestHeader>;

const pullMessageResponseFields = {
  suggestWhichBrokerId: 'long',
  nextBeginOffset: 'long',
  minOffset: 'long',
  maxOffset: 'long',
  offsetDelta: 'long?',
  topicSysFlag: 'int?',
  groupSysFlag: 'int?',
  forbiddenType: 'int?',
} as const;
export const PullMessageResponseHeader: Header<typeof pullMessageResponseFields> = defineHeader(
  'PullMessageResponseHeader',
  pullMessageResponseFields,
);
export type PullMessageResponseHeader = HeaderValues<typeof PullMessageResponseHeader>;

const queryMessageRequestFields = {
  topic: 'string',
  key: 'string',
  maxNum: 'int',
  beginTimestamp: 'long',
  endTimestamp: 'long',
  uniqueKeyQuery: 'boolean=false _UNIQUE_KEY_QUERY',
} as const;
export const QueryMessageRequestHeader: Header<typeof queryMessageRequestFields> = defineHeader(
  'QueryMessageRequestHeader',
  queryMessageRequestFields,
);
export type QueryMessageRequestHeader = HeaderValues<typeof QueryMessageRequestHeader>;

const queryMessageResponseFields = {
  indexLastUpdateTimestamp: 'long',
  indexLastUpdatePhyoffset: 'long',
} as const;
export const QueryMessageResponseHeader: Header<typeof queryMessageResponseFields> = defineHeader(
  'QueryMessageResponseHeader',
  queryMessageResponseFields,
);
export type QueryMessageResponseHeader = HeaderValues<typeof QueryMessageResponseHeader>;

const viewMessageRequestFields = {
  topic: 'string?',
  offset: 'long',
} as const;
export const ViewMessageRequestHeader: Header<typeof viewMessageRequestFields> = defineHeader(
  'ViewMessageRequestHeader',
  viewMessageRequestFields,
);
export type ViewMessageRequestHeader = HeaderValues<typeof ViewMessageRequestHeader>;
