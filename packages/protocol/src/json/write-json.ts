import { jsonString } from './json-string.ts';

/**
 * Writes compact JSON that fastjson, strict parsers and the Go client's textual route decoder all read: keys sorted as
 * fastjson sorts a bean's, members that are null or undefined left out, numeric keys quoted, `bigint` as a bare integer, a
 * `Set` as an array, and a `Map` keyed by objects with those objects inline, which is fastjson's dialect and what Java
 * expects there.
 */
export function writeJson(value: unknown): string {
  if (typeof value === 'string') return jsonString(value);
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return typeof value === 'object' && value !== null ? writeObject(value) : 'null';
}

const LONG_MAX = 2 ** 63;

/** Java's extremes of a long, which arrive here rounded, leave as themselves; what is no number leaves as fastjson's null. */
function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  if (value === LONG_MAX) return '9223372036854775807';
  if (value === -LONG_MAX) return '-9223372036854775808';
  if (Number.isInteger(value) && Math.abs(value) < LONG_MAX) return String(BigInt(value));
  return Number.isFinite(value) ? String(value) : 'null';
}

function writeObject(value: object): string {
  if (Array.isArray(value)) return writeArray(value);
  if (value instanceof Map) return writeMap(value);
  if (value instanceof Set) return writeArray([...value]);
  const members = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key of sorted(Object.keys(members))) text = withMember(text, key, members[key]);
  return `{${text}}`;
}

function writeArray(values: readonly unknown[]): string {
  let text = '';
  for (const value of values) text += text === '' ? writeJson(value) : `,${writeJson(value)}`;
  return `[${text}]`;
}

function writeMap(map: ReadonlyMap<unknown, unknown>): string {
  const [firstKey] = map.keys();
  let text = '';
  if (typeof firstKey === 'object') {
    for (const [key, member] of map)
      text += `${text === '' ? '' : ','}${writeJson(key)}:${writeJson(member)}`;
    return `{${text}}`;
  }
  const members = typeof firstKey === 'string' ? (map as ReadonlyMap<string, unknown>) : withTextKeys(map);
  for (const key of sorted([...members.keys()])) text = withMember(text, key, members.get(key));
  return `{${text}}`;
}

function withTextKeys(map: ReadonlyMap<unknown, unknown>): Map<string, unknown> {
  return new Map([...map].map(([key, member]) => [String(key), member]));
}

function withMember(text: string, key: string, member: unknown): string {
  if (member === null || member === undefined) return text;
  return `${text}${text === '' ? '' : ','}${jsonString(key)}:${writeJson(member)}`;
}

/** By UTF-16 units, as Java sorts. Most objects are built in order already. */
function sorted(keys: readonly string[]): readonly string[] {
  for (let index = 1; index < keys.length; index += 1) {
    if ((keys[index - 1] ?? '') > (keys[index] ?? '')) return keys.toSorted();
  }
  return keys;
}
