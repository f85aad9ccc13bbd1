import { expect, it } from 'vitest';
import { MessageProperty, RESERVED_PROPERTIES, decodeProperties, encodeProperties } from '../../src/index.ts';

it('gives properties back in their order', () => {
  const properties = new Map([
    ['TAGS', 'a'],
    ['ünï', '日本 = "x"'],
    ['KEYS', 'k1 k2'],
  ]);
  const text = encodeProperties(properties);
  expect(text).toBe('TAGS\u0001a\u0002ünï\u0001日本 = "x"\u0002KEYS\u0001k1 k2\u0002');
  expect([...decodeProperties(text)]).toEqual([...properties]);
});

it('refuses to write a separator inside a name or a value', () => {
  expect(() => encodeProperties(new Map([['a', 'x\u0002TAGS\u0001y']]))).toThrow('property "a"');
  expect(() => encodeProperties(new Map([['a\u0001b', 'x']]))).toThrow(RangeError);
});

it('knows the names that users must not take', () => {
  expect(RESERVED_PROPERTIES.has(MessageProperty.TAGS)).toBe(true);
  expect(RESERVED_PROPERTIES.has(MessageProperty.SHARDING_KEY)).toBe(false);
  expect(RESERVED_PROPERTIES.size).toBe(49);
});
