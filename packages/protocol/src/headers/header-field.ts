/** How a search by time rounds: to the first entry not before the time, or to the last one not after it. */
export type BoundaryType = 'LOWER' | 'UPPER';

/** What a field's text stands for. `long` is a 64-bit integer, `boundary` Java's `BoundaryType`. */
export type FieldKind = 'string' | 'int' | 'long' | 'boolean' | 'boundary';

interface KindValues {
  string: string;
  int: number;
  long: number;
  boolean: boolean;
  boundary: BoundaryType;
}

export type FieldValue<K extends FieldKind> = KindValues[K];

interface FieldText<T> {
  /** Undefined: the text is not of this kind. */
  readonly parse: (text: string) => T | undefined;
  readonly format: (value: T) => string;
  readonly expected: string;
}

const DECIMAL = /^[+-]?\d+$/;
const LONG_MAX = 9_223_372_036_854_775_807n;
const LONG_MIN = -9_223_372_036_854_775_808n;

function parseInt32(text: string): number | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return (value | 0) === value ? value : undefined;
}

function parseLong(text: string): number | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  const exact = BigInt(text);
  return exact >= LONG_MIN && exact <= LONG_MAX ? value : undefined;
}

function formatLong(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  if (value >= Number(LONG_MAX)) return String(LONG_MAX);
  if (value <= Number(LONG_MIN)) return String(LONG_MIN);
  return String(BigInt(Math.trunc(value)));
}

/**
 * A long beyond ±(2^53 - 1) is rounded to the nearest double: offsets never get there, and for a bound in time
 * (`Long.MAX_VALUE` as "for ever") it changes nothing; the two extremes survive a round trip.
 */
export const fieldTexts: { readonly [K in FieldKind]: FieldText<FieldValue<K>> } = {
  string: { parse: (text) => text, format: (value) => value, expected: 'text' },
  int: { parse: parseInt32, format: String, expected: 'a 32-bit integer' },
  long: { parse: parseLong, format: formatLong, expected: 'a 64-bit integer' },
  boolean: { parse: (text) => text.toLowerCase() === 'true', format: String, expected: 'true or false' },
  boundary: {
    parse: (text) => (text.toUpperCase() === 'UPPER' ? 'UPPER' : 'LOWER'),
    format: (value) => value,
    expected: 'LOWER or UPPER',
  },
};
