import { describe, expect, it } from 'vitest';
import * as protocol from '../../src/index.ts';
import { type ExtFields, type Header, HeaderError, type HeaderField } from '../../src/index.ts';

type AnyHeader = Pick<Header<never>, 'name' | 'fields'> & {
  decode(extFields: ExtFields, where?: string): Record<string, string | number | boolean | undefined>;
  encode(values: Record<string, unknown>): ExtFields;
};

function isHeader(value: unknown): value is AnyHeader {
  return typeof value === 'object' && value !== null && 'fields' in value && 'decode' in value;
}

const headers = Object.entries<unknown>(protocol).flatMap(([name, value]) =>
  isHeader(value) ? [{ name, header: value }] : [],
);

const SAMPLES = { string: 'größe', int: -7, long: 2 ** 53 - 1, boolean: true, boundary: 'UPPER' };
const WRONG: Partial<Record<HeaderField['kind'], readonly string[]>> = {
  int: ['x', '1.5', '2147483648', '--1'],
  long: ['x', '0x1', '9223372036854775808'],
};

it('finds the headers', () => {
  expect(headers.length).toBeGreaterThan(90);
  for (const { name, header } of headers) expect(header.name).toBe(name);
});

describe.each(headers)('$name', ({ header }) => {
  const full = Object.fromEntries(header.fields.map(({ property, kind }) => [property, SAMPLES[kind]]));
  const wire = header.encode(full);

  it('comes back whole, by its wire keys, in their order', () => {
    expect(Object.keys(wire)).toEqual(header.fields.map(({ key }) => key));
    expect(new Set(Object.keys(wire)).size).toBe(header.fields.length);
    expect(header.decode({ ...wire, bname: 'ignored', ns: '' })).toEqual(full);
  });

  it('misses what is required and nothing else', () => {
    for (const { key, property, required, kind, defaultText } of header.fields) {
      const { [key]: _left, ...rest } = wire;
      if (required) {
        expect(() => header.decode(rest, 'somewhere')).toThrow(
          `${header.name}.${key} of somewhere: found nothing`,
        );
      } else {
        const value = header.decode(rest)[property];
        expect(value === undefined ? undefined : String(value)).toBe(defaultText);
        expect(typeof value).toBe(defaultText === undefined ? 'undefined' : typeof SAMPLES[kind]);
      }
    }
  });

  it('refuses numbers that are none', () => {
    for (const { key, kind } of header.fields) {
      for (const text of WRONG[kind] ?? []) {
        expect(() => header.decode({ ...wire, [key]: text }), `${key}=${text}`).toThrow(HeaderError);
      }
    }
  });
});
