import { JSON_DEPTH_MAX } from './json-depth.ts';
import { JsonError } from './json-error.ts';
import { mayHoldReferences, resolveReferences } from './json-reference.ts';

/** An object whose keys are objects, as fastjson writes a `Map<MessageQueue, …>`: `{{"topic":"T"}:1}`. */
export type ObjectKeyed = Map<Record<string, unknown>, unknown>;

// A bare integer this long may not survive JSON.parse, which reads every number as a double.
const LONG_DIGITS = /\d{16}/;

/**
 * Parses JSON as fastjson 1.x writes it: besides standard JSON, object keys may be bare integers (kept as text), and
 * maps keyed by objects become a `Map`. An integer beyond ±(2^53 - 1) becomes a `bigint`. An empty `{}` is a plain object. References (`$ref`)
 * are resolved.
 *
 * @throws JsonError
 */
export function parseFastJson(text: string): unknown {
  const value = parseText(text);
  return mayHoldReferences(text) ? resolveReferences(value) : value;
}

function parseText(text: string): unknown {
  if (!LONG_DIGITS.test(text)) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // Not standard JSON: the dialect, or an error that the parser below locates.
    }
  }
  return new FastJsonParser(text).parseDocument();
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const INTEGER = /-?\d+/y;
// eslint-disable-next-line no-control-regex -- JSON strings end at a quote, an escape or a control character
const PLAIN_STRING_PART = /[^"\\\u0000-\u001f]*/y;
const WHITE_SPACE = /[ \t\r\n]*/y;

class FastJsonParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parseDocument(): unknown {
    const value = this.#parseValue();
    this.#skipWhiteSpace();
    if (this.#at < this.#text.length) throw this.#error('the end of the text');
    return value;
  }

  #parseValue(): unknown {
    this.#skipWhiteSpace();
    switch (this.#text.charAt(this.#at)) {
      case '{':
        return this.#nested(() => this.#parseObject());
      case '[':
        return this.#nested(() => this.#parseArray());
      case '"':
        return this.#parseString();
      case 't':
        return this.#parseWord('true', true);
      case 'f':
        return this.#parseWord('false', false);
      case 'n':
        return this.#parseWord('null', null);
      default:
        return this.#parseNumber();
    }
  }

  #nested(parse: () => unknown): unknown {
    this.#depth += 1;
    if (this.#depth > JSON_DEPTH_MAX) throw this.#error(`at most ${JSON_DEPTH_MAX} levels of nesting`);
    const value = parse();
    this.#depth -= 1;
    return value;
  }

  #parseObject(): unknown {
    this.#at += 1;
    if (this.#accept('}')) return {};
    if (this.#text[this.#at] === '{') return this.#parseObjectKeyed();
    const object: Record<string, unknown> = {};
    do {
      const key = this.#parseKey();
      this.#require(':');
      setMember(object, key, this.#parseValue());
    } while (this.#accept(','));
    this.#require('}');
    return object;
  }

  #parseObjectKeyed(): ObjectKeyed {
    const map: ObjectKeyed = new Map();
    do {
      this.#skipWhiteSpace();
      if (this.#text[this.#at] !== '{') throw this.#error('an object as key, as the first key was');
      const key = this.#nested(() => this.#parseObject());
      if (key instanceof Map) throw this.#error('a plain object as key');
      this.#require(':');
      map.set(key as Record<string, unknown>, this.#parseValue());
    } while (this.#accept(','));
    this.#require('}');
    return map;
  }

  #parseKey(): string {
    this.#skipWhiteSpace();
    if (this.#text[this.#at] === '"') return this.#parseString();
    const digits = this.#match(INTEGER);
    if (digits === '') throw this.#error('a key: a string or an integer');
    return digits;
  }

  #parseArray(): unknown[] {
    this.#at += 1;
    const array: unknown[] = [];
    if (this.#accept(']')) return array;
    do {
      array.push(this.#parseValue());
    } while (this.#accept(','));
    this.#require(']');
    return array;
  }

  #parseString(): string {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      this.#match(PLAIN_STRING_PART);
      const end = this.#text[this.#at];
      if (end === '"') break;
      if (end !== '\\') throw this.#error('the rest of a string');
      this.#at += 2;
    }
    this.#at += 1;
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      this.#at = start;
      throw this.#error('a string with valid escapes');
    }
  }

  #parseWord<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#error(word);
    this.#at += word.length;
    return value;
  }

  #parseNumber(): number | bigint {
    const digits = this.#match(NUMBER);
    if (digits === '') throw this.#error('a value');
    const number = Number(digits);
    const exact = Number.isSafeInteger(number) || /[.eE]/.test(digits);
    return exact ? number : BigInt(digits);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const matched = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += matched.length;
    return matched;
  }

  #accept(mark: string): boolean {
    this.#skipWhiteSpace();
    if (this.#text[this.#at] !== mark) return false;
    this.#at += 1;
    this.#skipWhiteSpace();
    return true;
  }

  #require(mark: string): void {
    if (!this.#accept(mark)) throw this.#error(`"${mark}"`);
  }

  #skipWhiteSpace(): void {
    this.#match(WHITE_SPACE);
  }

  #error(expected: string): JsonError {
    const found =
      this.#at < this.#text.length ? JSON.stringify(this.#text.slice(this.#at, this.#at + 20)) : 'the end';
    return new JsonError(`character ${this.#at}`, found, expected);
  }
}

/** A plain assignment to `__proto__` would change the object's prototype instead. */
function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    object[key] = value;
  }
}
