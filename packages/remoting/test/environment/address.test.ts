import { expect, it } from 'vitest';
import { addressToString, parseAddress } from '../../src/index.ts';

it.each([
  ['127.0.0.1:10911', { host: '127.0.0.1', port: 10_911 }],
  ['broker.example:9876', { host: 'broker.example', port: 9_876 }],
  ['[::1]:10911', { host: '::1', port: 10_911 }],
])('reads %s and writes it again', (address, parsed) => {
  expect(parseAddress(address)).toEqual(parsed);
  expect(addressToString(parsed)).toBe(address);
});

it('reads an IPv6 address without brackets as RocketMQ writes it', () => {
  expect(parseAddress('fe80::1:10911')).toEqual({ host: 'fe80::1', port: 10_911 });
});

it.each(['', 'host', ':80', 'host:', 'host:0', 'host:65536', 'host:80a', 'host:-1', '[]:80', 'host:1e3'])(
  'refuses %o',
  (address) => {
    expect(() => parseAddress(address)).toThrow('is not an address');
  },
);
