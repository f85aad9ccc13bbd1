/** How one key of broker.conf is read, checked and written. `where` names the key in every error. */
export interface ConfigKey<Value> {
  /** Null: the default depends on the machine and is filled in when the configuration is resolved. */
  readonly defaultValue: Value;
  /** The value may be changed while the broker runs (request 25). */
  readonly updatable: boolean;
  /** One line for the options table. */
  readonly description: string;
  parse(text: string, where: string): Value;
  check(value: unknown, where: string): Value;
}

interface KeyOptions {
  readonly updatable?: boolean;
}

/** A value that a key does not accept: which key, what was found, what is expected. */
export class ConfigError extends Error {
  readonly key: string;
  constructor(key: string, found: unknown, expected: string) {
    super(`${key}: expected ${expected}, found ${JSON.stringify(found)}`);
    this.name = 'ConfigError';
    this.key = key;
  }
}

export function integer(
  defaultValue: number,
  bounds: { readonly min: number; readonly max: number },
  description: string,
  options: KeyOptions = {},
): ConfigKey<number> {
  const { min, max } = bounds;
  const expected = min === max ? String(min) : `a whole number between ${min} and ${max}`;
  const check = (value: unknown, where: string): number => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < bounds.min || value > bounds.max)
      throw new ConfigError(where, value, expected);
    return value;
  };
  return {
    defaultValue,
    updatable: options.updatable ?? false,
    description,
    check,
    parse(text, where) {
      if (!/^[+-]?\d+$/.test(text)) throw new ConfigError(where, text, expected);
      return check(Number(text), where);
    },
  };
}

export function flag(
  defaultValue: boolean,
  description: string,
  options: KeyOptions = {},
): ConfigKey<boolean> {
  return {
    defaultValue,
    updatable: options.updatable ?? false,
    description,
    check(value, where) {
      if (typeof value !== 'boolean') throw new ConfigError(where, value, 'true or false');
      return value;
    },
    parse(text, where) {
      const lower = text.toLowerCase();
      if (lower !== 'true' && lower !== 'false') throw new ConfigError(where, text, 'true or false');
      return lower === 'true';
    },
  };
}

export function text(
  defaultValue: string,
  description: string,
  options: KeyOptions & { readonly pattern?: RegExp; readonly expected?: string } = {},
): ConfigKey<string> {
  const check = (value: unknown, where: string): string => {
    if (typeof value !== 'string') throw new ConfigError(where, value, 'a text');
    if (options.pattern && !options.pattern.test(value))
      throw new ConfigError(where, value, options.expected ?? `a text like ${options.pattern}`);
    return value;
  };
  return {
    defaultValue,
    updatable: options.updatable ?? false,
    description,
    check,
    parse: check,
  };
}

export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
  defaultValue: NoInfer<Choice>,
  description: string,
  options: KeyOptions = {},
): ConfigKey<Choice> {
  const check = (value: unknown, where: string): Choice => {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw new ConfigError(where, value, `one of ${choices.join(', ')}`);
    return found;
  };
  return {
    defaultValue,
    updatable: options.updatable ?? false,
    description,
    check,
    parse: check,
  };
}
