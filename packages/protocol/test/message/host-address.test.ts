import { describe, expect, it } from 'vitest';
import { hostAddressBytes, ipBytes, parseOffsetMessageId, readHostAddress } from '../../src/index.ts';

describe('an address', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:0DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['0:0:1::', '0:0:1::'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['64:ff9b::10.1.2.3', '64:ff9b::a01:203'],
  ])('%s reads back as %s', (host, text) => {
    const bytes = hostAddressBytes({ host, port: 65_535 });
    expect(readHostAddress(bytes, 0, bytes.length === 8 ? 4 : 16)).toEqual({ host: text, port: 65_535 });
  });

  it.each([
    '',
    'localhost',
    '1.2.3',
    '256.0.0.1',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'g::',
    '::1.2.3',
    '1:2:3:4:5:6:7::8',
  ])('%j is none', (host) => {
    expect(() => ipBytes(host)).toThrow(RangeError);
  });
});

it('an offset message id of the wrong shape or with an impossible offset is none', () => {
  const negative = '7F00000100002A9FFFFFFFFFFFFFFFFF';
  for (const id of [
    '',
    'xyz',
    '7F00000100002A9F',
    negative,
    `${negative}00`,
    negative.replaceAll('F', 'G'),
  ]) {
    expect(parseOffsetMessageId(id)).toBeNull();
  }
});
