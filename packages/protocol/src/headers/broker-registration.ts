import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// Brokers at the name server: 103, 104, 322, 901, 904, 905.

const registerBrokerRequestFields = {
  brokerName: 'string',
  brokerAddr: 'string',
  clusterName: 'string',
  haServerAddr: 'string',
  brokerId: 'long',
  heartbeatTimeoutMillis: 'long?',
  enableActingMaster: 'boolean?',
  compressed: 'boolean=false',
  bodyCrc32: 'int=0',
} as const;
export const RegisterBrokerRequestHeader: Header<typeof registerBrokerRequestFields> = defineHeader(
  'RegisterBrokerRequestHeader',
  registerBrokerRequestFields,
);
export type RegisterBrokerRequestHeader = HeaderValues<typeof RegisterBrokerRequestHeader>;

const registerBrokerResponseFields = {
  haServerAddr: 'string?',
  masterAddr: 'string?',
} as const;
export const RegisterBrokerResponseHeader: Header<typeof registerBrokerResponseFields> = defineHeader(
  'RegisterBrokerResponseHeader',
  registerBrokerResponseFields,
);
export type RegisterBrokerResponseHeader = HeaderValues<typeof RegisterBrokerResponseHeader>;

const unRegisterBrokerRequestFields = {
  brokerName: 'string',
  brokerAddr: 'string',
  clusterName: 'string',
  brokerId: 'long',
} as const;
export const UnRegisterBrokerRequestHeader: Header<typeof unRegisterBrokerRequestFields> = defineHeader(
  'UnRegisterBrokerRequestHeader',
  unRegisterBrokerRequestFields,
);
export type UnRegisterBrokerRequestHeader = HeaderValues<typeof UnRegisterBrokerRequestHeader>;

const queryDataVersionRequestFields = {
  brokerName: 'string',
  brokerAddr: 'string',
  clusterName: 'string',
  brokerId: 'long',
} as const;
export const QueryDataVersionRequestHeader: Header<typeof queryDataVersionRequestFields> = defineHeader(
  'QueryDataVersionRequestHeader',
  queryDataVersionRequestFields,
);
export type QueryDataVersionRequestHeader = HeaderValues<typeof QueryDataVersionRequestHeader>;

const queryDataVersionResponseFields = {
  changed: 'boolean',
} as const;
export const QueryDataVersionResponseHeader: Header<typeof queryDataVersionResponseFields> = defineHeader(
  'QueryDataVersionResponseHeader',
  queryDataVersionResponseFields,
);
export type QueryDataVersionResponseHeader = HeaderValues<typeof QueryDataVersionResponseHeader>;

const brokerHeartbeatRequestFields = {
  clusterName: 'string',
  brokerAddr: 'string',
  brokerName: 'string',
  brokerId: 'long?',
  epoch: 'int?',
  maxOffset: 'long?',
  confirmOffset: 'long?',
  heartbeatTimeoutMillis: 'long? heartbeatTimeoutMills', // sic
  electionPriority: 'int?',
} as const;
export const BrokerHeartbeatRequestHeader: Header<typeof brokerHeartbeatRequestFields> = defineHeader(
  'BrokerHeartbeatRequestHeader',
  brokerHeartbeatRequestFields,
);
export type BrokerHeartbeatRequestHeader = HeaderValues<typeof BrokerHeartbeatRequestHeader>;

const getBrokerMemberGroupRequestFields = {
  clusterName: 'string',
  brokerName: 'string',
} as const;
export const GetBrokerMemberGroupRequestHeader: Header<typeof getBrokerMemberGroupRequestFields> =
  defineHeader('GetBrokerMemberGroupRequestHeader', getBrokerMemberGroupRequestFields);
export type GetBrokerMemberGroupRequestHeader = HeaderValues<typeof GetBrokerMemberGroupRequestHeader>;

const notifyMinBrokerIdChangeRequestFields = {
  minBrokerId: 'long?',
  brokerName: 'string?',
  minBrokerAddr: 'string?',
  offlineBrokerAddr: 'string?',
  haBrokerAddr: 'string?',
} as const;
export const NotifyMinBrokerIdChangeRequestHeader: Header<typeof notifyMinBrokerIdChangeRequestFields> =
  defineHeader('NotifyMinBrokerIdChangeRequestHeader', notifyMinBrokerIdChangeRequestFields);
export type NotifyMinBrokerIdChangeRequestHeader = HeaderValues<typeof NotifyMinBrokerIdChangeRequestHeader>;
