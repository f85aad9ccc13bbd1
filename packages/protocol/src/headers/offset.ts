import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// Offsets: 14, 15, 29 – 32, 222, 314, 308.

const queryConsumerOffsetRequestFields = {
  consumerGroup: 'string',
  topic: 'string',
  queueId: 'int',
  setZeroIfNotFound: 'boolean?',
} as const;
export const QueryConsumerOffsetRequestHeader: Header<typeof queryConsumerOffsetRequestFields> = defineHeader(
  'QueryConsumerOffsetRequestHeader',
  queryConsumerOffsetRequestFields,
);
export type QueryConsumerOffsetRequestHeader = HeaderValues<typeof QueryConsumerOffsetRequestHeader>;

const queryConsumerOffsetResponseFields = {
  offset: 'long',
} as const;
export const QueryConsumerOffsetResponseHeader: Header<typeof queryConsumerOffsetResponseFields> =
  defineHeader('QueryConsumerOffsetResponseHeader', queryConsumerOffsetResponseFields);
export type QueryConsumerOffsetResponseHeader = HeaderValues<typeof QueryConsumerOffsetResponseHeader>;

const updateConsumerOffsetRequestFields = {
  consumerGroup: 'string',
  topic: 'string',
  queueId: 'int',
  commitOffset: 'long',
} as const;
export const UpdateConsumerOffsetRequestHeader: Header<typeof updateConsumerOffsetRequestFields> =
  defineHeader('UpdateConsumerOffsetRequestHeader', updateConsumerOffsetRequestFields);
export type UpdateConsumerOffsetRequestHeader = HeaderValues<typeof UpdateConsumerOffsetRequestHeader>;

const searchOffsetRequestFields = {
  topic: 'string',
  queueId: 'int',
  timestamp: 'long',
  boundaryType: 'boundary?',
} as const;
export const SearchOffsetRequestHeader: Header<typeof searchOffsetRequestFields> = defineHeader(
  'SearchOffsetRequestHeader',
  searchOffsetRequestFields,
);
export type SearchOffsetRequestHeader = HeaderValues<typeof SearchOffsetRequestHeader>;

const searchOffsetResponseFields = {
  offset: 'long',
} as const;
export const SearchOffsetResponseHeader: Header<typeof searchOffsetResponseFields> = defineHeader(
  'SearchOffsetResponseHeader',
  searchOffsetResponseFields,
);
export type SearchOffsetResponseHeader = HeaderValues<typeof SearchOffsetResponseHeader>;

const getMaxOffsetRequestFields = {
  topic: 'string',
  queueId: 'int',
  committed: 'boolean=true',
} as const;
export const GetMaxOffsetRequestHeader: Header<typeof getMaxOffsetRequestFields> = defineHeader(
  'GetMaxOffsetRequestHeader',
  getMaxOffsetRequestFields,
);
export type GetMaxOffsetRequestHeader = HeaderValues<typeof GetMaxOffsetRequestHeader>;

const getMaxOffsetResponseFields = {
  offset: 'long',
} as const;
export const GetMaxOffsetResponseHeader: Header<typeof getMaxOffsetResponseFields> = defineHeader(
  'GetMaxOffsetResponseHeader',
  getMaxOffsetResponseFields,
);
export type GetMaxOffsetResponseHeader = HeaderValues<typeof GetMaxOffsetResponseHeader>;

const getMinOffsetRequestFields = {
  topic: 'string',
  queueId: 'int',
} as const;
export const GetMinOffsetRequestHeader: Header<typeof getMinOffsetRequestFields> = defineHeader(
  'GetMinOffsetRequestHeader',
  getMinOffsetRequestFields,
);
export type GetMinOffsetRequestHeader = HeaderValues<typeof GetMinOffsetRequestHeader>;

const getMinOffsetResponseFields = {
  offset: 'long',
} as const;
export const GetMinOffsetResponseHeader: Header<typeof getMinOffsetResponseFields> = defineHeader(
  'GetMinOffsetResponseHeader',
  getMinOffsetResponseFields,
);
export type GetMinOffsetResponseHeader = HeaderValues<typeof GetMinOffsetResponseHeader>;

const getEarliestMsgStoretimeRequestFields = {
  topic: 'string',
  queueId: 'int',
} as const;
export const GetEarliestMsgStoretimeRequestHeader: Header<typeof getEarliestMsgStoretimeRequestFields> =
  defineHeader('GetEarliestMsgStoretimeRequestHeader', getEarliestMsgStoretimeRequestFields);
export type GetEarliestMsgStoretimeRequestHeader = HeaderValues<typeof GetEarliestMsgStoretimeRequestHeader>;

const getEarliestMsgStoretimeResponseFields = {
  timestamp: 'long',
} as const;
export const GetEarliestMsgStoretimeResponseHeader: Header<typeof getEarliestMsgStoretimeResponseFields> =
  defineHeader('GetEarliestMsgStoretimeResponseHeader', getEarliestMsgStoretimeResponseFields);
export type GetEarliestMsgStoretimeResponseHeader = HeaderValues<
  typeof GetEarliestMsgStoretimeResponseHeader
>;

const resetOffsetRequestFields = {
  group: 'string',
  topic: 'string',
  queueId: 'int=-1',
  offset: 'long?',
  timestamp: 'long',
  isForce: 'boolean',
} as const;
export const ResetOffsetRequestHeader: Header<typeof resetOffsetRequestFields> = defineHeader(
  'ResetOffsetRequestHeader',
  resetOffsetRequestFields,
);
export type ResetOffsetRequestHeader = HeaderValues<typeof ResetOffsetRequestHeader>;

const cloneGroupOffsetRequestFields = {
  srcGroup: 'string',
  destGroup: 'string',
  topic: 'string?',
  offline: 'boolean=false',
} as const;
export const CloneGroupOffsetRequestHeader: Header<typeof cloneGroupOffsetRequestFields> = defineHeader(
  'CloneGroupOffsetRequestHeader',
  cloneGroupOffsetRequestFields,
);
export type CloneGroupOffsetRequestHeader = HeaderValues<typeof CloneGroupOffsetRequestHeader>;

const queryCorrectionOffsetFields = {
  filterGroups: 'string?',
  compareGroup: 'string',
  topic: 'string',
} as const;
export const QueryCorrectionOffsetHeader: Header<typeof queryCorrectionOffsetFields> = defineHeader(
  'QueryCorrectionOffsetHeader',
  queryCorrectionOffsetFields,
);
export type QueryCorrectionOffsetHeader = HeaderValues<typeof QueryCorrectionOffsetHeader>;
