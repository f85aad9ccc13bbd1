import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// State of the broker: 26, 315, 906, 908.

const getBrokerConfigResponseFields = {
  version: 'string',
} as const;
export const GetBrokerConfigResponseHeader: Header<typeof getBrokerConfigResponseFields> = defineHeader(
  'GetBrokerConfigResponseHeader',
  getBrokerConfigResponseFields,
);
export type GetBrokerConfigResponseHeader = HeaderValues<typeof GetBrokerConfigResponseHeader>;

const viewBrokerStatsDataRequestFields = {
  statsName: 'string',
  statsKey: 'string',
} as const;
export const ViewBrokerStatsDataRequestHeader: Header<typeof viewBrokerStatsDataRequestFields> = defineHeader(
  'ViewBrokerStatsDataRequestHeader',
  viewBrokerStatsDataRequestFields,
);
export type ViewBrokerStatsDataRequestHeader = HeaderValues<typeof ViewBrokerStatsDataRequestHeader>;

const exchangeHAInfoRequestFields = {
  masterHaAddress: 'string?',
  masterFlushOffset: 'long?',
  masterAddress: 'string?',
} as const;
export const ExchangeHAInfoRequestHeader: Header<typeof exchangeHAInfoRequestFields> = defineHeader(
  'ExchangeHAInfoRequestHeader',
  exchangeHAInfoRequestFields,
);
export type ExchangeHAInfoRequestHeader = HeaderValues<typeof ExchangeHAInfoRequestHeader>;

const exchangeHAInfoResponseFields = {
  masterHaAddress: 'string?',
  masterFlushOffset: 'long?',
  masterAddress: 'string?',
} as const;
export const ExchangeHAInfoResponseHeader: Header<typeof exchangeHAInfoResponseFields> = defineHeader(
  'ExchangeHAInfoResponseHeader',
  exchangeHAInfoResponseFields,
);
export type ExchangeHAInfoResponseHeader = HeaderValues<typeof ExchangeHAInfoResponseHeader>;

const resetMasterFlushOffsetFields = {
  masterFlushOffset: 'long',
} as const;
export const ResetMasterFlushOffsetHeader: Header<typeof resetMasterFlushOffsetFields> = defineHeader(
  'ResetMasterFlushOffsetHeader',
  resetMasterFlushOffsetFields,
);
export type ResetMasterFlushOffsetHeader = HeaderValues<typeof ResetMasterFlushOffsetHeader>;
