import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// Routes at the name server: 105, 205, 216, 217, 224, 327.

const getRouteInfoRequestFields = {
  topic: 'string',
  acceptStandardJsonOnly: 'boolean?',
} as const;
export const GetRouteInfoRequestHeader: Header<typeof getRouteInfoRequestFields> = defineHeader(
  'GetRouteInfoRequestHeader',
  getRouteInfoRequestFields,
);
export type GetRouteInfoRequestHeader = HeaderValues<typeof GetRouteInfoRequestHeader>;

const registerTopicRequestFields = {
  topic: 'string',
} as const;
export const RegisterTopicRequestHeader: Header<typeof registerTopicRequestFields> = defineHeader(
  'RegisterTopicRequestHeader',
  registerTopicRequestFields,
);
export type RegisterTopicRequestHeader = HeaderValues<typeof RegisterTopicRequestHeader>;

const deleteTopicFromNamesrvRequestFields = {
  topic: 'string',
  clusterName: 'string?',
} as const;
export const DeleteTopicFromNamesrvRequestHeader: Header<typeof deleteTopicFromNamesrvRequestFields> =
  defineHeader('DeleteTopicFromNamesrvRequestHeader', deleteTopicFromNamesrvRequestFields);
export type DeleteTopicFromNamesrvRequestHeader = HeaderValues<typeof DeleteTopicFromNamesrvRequestHeader>;

const getTopicsByClusterRequestFields = {
  cluster: 'string',
} as const;
export const GetTopicsByClusterRequestHeader: Header<typeof getTopicsByClusterRequestFields> = defineHeader(
  'GetTopicsByClusterRequestHeader',
  getTopicsByClusterRequestFields,
);
export type GetTopicsByClusterRequestHeader = HeaderValues<typeof GetTopicsByClusterRequestHeader>;

const wipeWritePermOfBrokerRequestFields = {
  brokerName: 'string',
} as const;
export const WipeWritePermOfBrokerRequestHeader: Header<typeof wipeWritePermOfBrokerRequestFields> =
  defineHeader('WipeWritePermOfBrokerRequestHeader', wipeWritePermOfBrokerRequestFields);
export type WipeWritePermOfBrokerRequestHeader = HeaderValues<typeof WipeWritePermOfBrokerRequestHeader>;

const wipeWritePermOfBrokerResponseFields = {
  wipeTopicCount: 'int',
} as const;
export const WipeWritePermOfBrokerResponseHeader: Header<typeof wipeWritePermOfBrokerResponseFields> =
  defineHeader('WipeWritePermOfBrokerResponseHeader', wipeWritePermOfBrokerResponseFields);
export type WipeWritePermOfBrokerResponseHeader = HeaderValues<typeof WipeWritePermOfBrokerResponseHeader>;

const addWritePermOfBrokerRequestFields = {
  brokerName: 'string',
} as const;
export const AddWritePermOfBrokerRequestHeader: Header<typeof addWritePermOfBrokerRequestFields> =
  defineHeader('AddWritePermOfBrokerRequestHeader', addWritePermOfBrokerRequestFields);
export type AddWritePermOfBrokerRequestHeader = HeaderValues<typeof AddWritePermOfBrokerRequestHeader>;

const addWritePermOfBrokerResponseFields = {
  addTopicCount: 'int',
} as const;
export const AddWritePermOfBrokerResponseHeader: Header<typeof addWritePermOfBrokerResponseFields> =
  defineHeader('AddWritePermOfBrokerResponseHeader', addWritePermOfBrokerResponseFields);
export type AddWritePermOfBrokerResponseHeader = HeaderValues<typeof AddWritePermOfBrokerResponseHeader>;
