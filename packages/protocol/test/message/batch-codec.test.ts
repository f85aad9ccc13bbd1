import { expect, it } from 'vitest';
import { RecordError, decodeBatch, encodeBatch, encodeProperties } from '../../src/index.ts';

const element = { flag: 1, properties: new Map([['KEYS', 'k']]), body: Buffer.from('body') };

it('an empty batch is no bytes', () => {
  expect(encodeBatch([])).toHaveLength(0);
  expect(decodeBatch(Buffer.alloc(0))).toEqual([]);
});

it.each([
  ['the size of a message', 0],
  ['the length of a body', 16],
])('refuses a lie about %s', (_what, at) => {
  for (const lie of [-1, 0, 21, 1000, 0x7fff_ffff]) {
    const batch = encodeBatch([element, element]);
    batch.writeInt32BE(lie, at);
    expect(() => decodeBatch(batch), String(lie)).toThrow(RecordError);
  }
});

it('refuses properties that leave bytes over, or reach too far', () => {
  for (const lie of [-1, 0, 6, 8, 0x7fff]) {
    const batch = encodeBatch([element]);
    batch.writeInt16BE(lie, 24);
    expect(() => decodeBatch(batch), String(lie)).toThrow(/properties length at byte 24/);
  }
});

it('refuses to write properties that two bytes cannot count', () => {
  const long = { ...element, properties: new Map([['k', 'x'.repeat(32_767)]]) };
  expect(() => encodeBatch([element, long])).toThrow('properties length of batch message 1');
});

it('takes properties that are encoded already', () => {
  const properties = new Map([
    ['TAGS', 'a'],
    ['KEYS', 'ü'],
  ]);
  const element = { flag: 1, body: Buffer.from('x') };
  expect(encodeBatch([{ ...element, properties: encodeProperties(properties) }])).toEqual(
    encodeBatch([{ ...element, properties }]),
  );
});
