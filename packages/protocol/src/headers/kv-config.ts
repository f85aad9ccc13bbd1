import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// Key-value configuration at the name server: 100 – 102, 219.

const putKVConfigRequestFields = {
  namespace: 'string',
  key: 'string',
  value: 'string',
} as const;
export const PutKVConfigRequestHeader: Header<typeof putKVConfigRequestFields> = defineHeader(
  'PutKVConfigRequestHeader',
  putKVConfigRequestFields,
);
export type PutKVConfigRequestHeader = HeaderValues<typeof PutKVConfigRequestHeader>;

const getKVConfigRequestFields = {
  namespace: 'string',
  key: 'string',
} as const;
export const GetKVConfigRequestHeader: Header<typeof getKVConfigRequestFields> = defineHeader(
  'GetKVConfigRequestHeader',
  getKVConfigRequestFields,
);
export type GetKVConfigRequestHeader = HeaderValues<typeof GetKVConfigRequestHeader>;

const getKVConfigResponseFields = {
  value: 'string?',
} as const;
export const GetKVConfigResponseHeader: Header<typeof getKVConfigResponseFields> = defineHeader(
  'GetKVConfigResponseHeader',
  getKVConfigResponseFields,
);
export type GetKVConfigResponseHeader = HeaderValues<typeof GetKVConfigResponseHeader>;

const deleteKVConfigRequestFields = {
  namespace: 'string',
  key: 'string',
} as const;
export const DeleteKVConfigRequestHeader: Header<typeof deleteKVConfigRequestFields> = defineHeader(
  'DeleteKVConfigRequestHeader',
  deleteKVConfigRequestFields,
);
export type DeleteKVConfigRequestHeader = HeaderValues<typeof DeleteKVConfigRequestHeader>;

const getKVListByNamespaceRequestFields = {
  namespace: 'string',
} as const;
export const GetKVListByNamespaceRequestHeader: Header<typeof getKVListByNamespaceRequestFields> =
  defineHeader('GetKVListByNamespaceRequestHeader', getKVListByNamespaceRequestFields);
export type GetKVListByNamespaceRequestHeader = HeaderValues<typeof GetKVListByNamespaceRequestHeader>;
