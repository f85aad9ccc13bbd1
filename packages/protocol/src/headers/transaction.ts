import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// Transactions: 37, 39.

const endTransactionRequestFields = {
  topic: 'string?',
  producerGroup: 'string',
  tranStateTableOffset: 'long',
  commitLogOffset: 'long',
  commitOrRollback: 'int',
  fromTransactionCheck: 'boolean=false',
  msgId: 'string',
  transactionId: 'string?',
} as const;
export const EndTransactionRequestHeader: Header<typeof endTransactionRequestFields> = defineHeader(
  'EndTransactionRequestHeader',
  endTransactionRequestFields,
);
export type EndTransactionRequestHeader = HeaderValues<typeof EndTransactionRequestHeader>;

const checkTransactionStateRequestFields = {
  topic: 'string?',
  tranStateTableOffset: 'long',
  commitLogOffset: 'long',
  msgId: 'string?',
  transactionId: 'string?',
  offsetMsgId: 'string?',
} as const;
export const CheckTransactionStateRequestHeader: Header<typeof checkTransactionStateRequestFields> =
  defineHeader('CheckTransactionStateRequestHeader', checkTransactionStateRequestFields);
export type CheckTransactionStateRequestHeader = HeaderValues<typeof CheckTransactionStateRequestHeader>;
