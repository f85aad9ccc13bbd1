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

it('reads a long text without properties in one pass', () => {
  // Searching the rest of the text anew for each piece would take minutes.
  const pieces = 'xyz\u0002'.repeat(2_000_000);
  expect(decodeProperties(pieces).size).toBe(0);
  expect(decodeProperties(`${pieces}a\u0001b`)).toEqual(new Map([['a', 'b']]));
  expect(decodeProperties('\u0001\u0001x\u0002a\u0001\u0002b\u0001c\u0001d\u0002')).toEqual(
    new Map([['b', 'c\u0001d']]),
  );
});
