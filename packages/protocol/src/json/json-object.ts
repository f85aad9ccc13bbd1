import { type ObjectKeyed, parseFastJson } from './fast-json.ts';
import { JsonError } from './json-error.ts';

type Read<T> = (value: JsonValue) => T;

/** One value inside a parsed body, that knows where it stands. Reading it as something it is not is a {@link JsonError}. */
export class JsonValue {
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    this.#value = value;
    this.#path = path;
  }

  /** @throws JsonError for bytes that are no JSON */
  static parse(bytes: Uint8Array, name: string): JsonValue {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    return new JsonValue(parseFastJson(text), name);
  }

  get isNull(): boolean {
    return this.#value === undefined || this.#value === null;
  }

  /** A string; of a number or boolean its text, as fastjson gives it. */
  text(): string {
    const value = this.#value;
    if (typeof value === 'string') return value;
    const isScalar = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
    return isScalar ? String(value) : this.#fail('a string');
  }

  /** A constant's name; C++ clients send its ordinal instead. */
  constant(names: readonly string[]): string {
    const ordinal = this.#value;
    return typeof ordinal === 'number'
      ? (names[ordinal] ?? this.#fail(`0 to ${names.length - 1}`))
      : this.text();
  }

  /** Any JSON number, or a number in a string as some clients write it; a long beyond 2^53 is rounded. */
  number(): number {
    if (typeof this.#value === 'number') return this.#value;
    if (typeof this.#value === 'bigint') return Number(this.#value);
    const number = typeof this.#value === 'string' && this.#value !== '' ? Number(this.#value) : Number.NaN;
    return Number.isNaN(number) ? this.#fail('a number') : number;
  }

  boolean(): boolean {
    if (typeof this.#value === 'boolean') return this.#value;
    switch (typeof this.#value === 'string' ? this.#value.toLowerCase() : this.#value) {
      case 'true':
      case '1':
      case 1:
        return true;
      case 'false':
      case '0':
      case 0:
        return false;
      default:
        return this.#fail('true or false');
    }
  }

  list<T>(read: Read<T>): T[] {
    if (!Array.isArray(this.#value)) return this.#fail('an array');
    return this.#value.map((element, index) => read(new JsonValue(element, `${this.#path}[${index}]`)));
  }

  /** An object of any members, as a map. */
  table<T>(read: Read<T>): Map<string, T> {
    return new Map(
      Object.entries(this.#members()).map(([key, value]) => [
        key,
        read(new JsonValue(value, `${this.#path}.${key}`)),
      ]),
    );
  }

  /** A map whose keys are objects. */
  keyedTable<K, T>(readKey: Read<K>, read: Read<T>): Map<K, T> {
    const table = new Map<K, T>();
    if (this.#value instanceof Map) {
      for (const [key, value] of this.#value as ObjectKeyed) {
        table.set(
          readKey(new JsonValue(key, `${this.#path}.key`)),
          read(new JsonValue(value, `${this.#path}.value`)),
        );
      }
    } else if (Object.keys(this.#members()).length > 0) {
      this.#fail('a map keyed by objects');
    }
    return table;
  }

  /** A member; a missing one reads as null. */
  member(name: string): JsonValue {
    const members = this.#members();
    return new JsonValue(Object.hasOwn(members, name) ? members[name] : undefined, `${this.#path}.${name}`);
  }

  /** Fails, naming this place and what stands here. */
  #fail(expected: string): never {
    throw new JsonError(this.#path, describe(this.#value), expected);
  }

  #members(): Record<string, unknown> {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map) {
      return this.#fail('an object');
    }
    return value as Record<string, unknown>;
  }

  // Members by kind: what Java's body classes leave out or set to null reads as the given default.

  textOf(name: string, absent: string = ''): string {
    const value = this.member(name);
    return value.isNull ? absent : value.text();
  }

  constantOf(name: string, names: readonly string[], absent: string): string {
    const value = this.member(name);
    return value.isNull ? absent : value.constant(names);
  }

  optionalTextOf(name: string): string | undefined {
    const value = this.member(name);
    return value.isNull ? undefined : value.text();
  }

  numberOf(name: string, absent: number = 0): number {
    const value = this.member(name);
    return value.isNull ? absent : value.number();
  }

  booleanOf(name: string, absent: boolean = false): boolean {
    const value = this.member(name);
    return value.isNull ? absent : value.boolean();
  }

  listOf<T>(name: string, read: Read<T>): T[] {
    const value = this.member(name);
    return value.isNull ? [] : value.list(read);
  }

  textsOf(name: string): string[] {
    return this.listOf(name, (element) => element.text());
  }

  tableOf<T>(name: string, read: Read<T>): Map<string, T> {
    const value = this.member(name);
    return value.isNull ? new Map<string, T>() : value.table(read);
  }

  keyedTableOf<K, T>(name: string, readKey: Read<K>, read: Read<T>): Map<K, T> {
    const value = this.member(name);
    return value.isNull ? new Map<K, T>() : value.keyedTable(readKey, read);
  }

  optionalOf<T>(name: string, read: Read<T>): T | undefined {
    const value = this.member(name);
    return value.isNull ? undefined : read(value);
  }
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string'
    ? JSON.stringify(value.slice(0, 60))
    : `${value as number | bigint | boolean}`;
}
