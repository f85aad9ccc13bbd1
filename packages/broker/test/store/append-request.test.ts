import { expect, it } from 'vitest';
import { encodeAppendRequest } from '../../src/store/append-request.ts';
import type { MessageToAppend } from '../../src/store/message-store.ts';

const message: MessageToAppend = {
  topic: 'T',
  queueId: 3,
  flag: -1,
  sysFlag: 5,
  bornTimestamp: 0x0102030405,
  reconsumeTimes: 2,
  preparedTransactionOffset: 7,
  tagsCode: null,
  kind: 'single',
  bornHost: { host: '10.0.0.1', port: 258 },
  properties: Buffer.from('pp'),
  body: Buffer.from('body'),
};

it('writes the fields in the order the engine reads them', () => {
  const hex = encodeAppendRequest(9, message).toString('hex');
  expect(hex).toBe(
    [
      '00000009 00000003 ffffffff 00000005',
      '0000000102030405 00000002 0000000000000007',
      '00 0000000000000000 00',
      '08 0a00000100000102',
      '00000002 7070 00000004 626f6479',
    ]
      .join('')
      .replaceAll(' ', ''),
  );
});

it('writes a given tags code, a batch and an IPv6 producer', () => {
  const bornHost = { host: '2001:db8::1', port: 1 };
  const request = encodeAppendRequest(9, { ...message, tagsCode: -2, kind: 'batch', bornHost });
  expect(request.toString('hex')).toContain('01fffffffffffffffe011420010db800000000000000000000000100000001');
});

it('keeps a producer clock beyond 64 bits at the bound', () => {
  const request = encodeAppendRequest(9, { ...message, bornTimestamp: 2 ** 63 });
  expect(request.readBigInt64BE(16)).toBe(2n ** 63n - 1n);
});
