import type { ExtFields } from '../command/remoting-command.ts';
import { HeaderError } from './header-error.ts';
import { jsonString } from '../json/json-string.ts';
import { type FieldKind, type FieldValue, fieldTexts } from './header-field.ts';

/**
 * One field in a line: `'int'` must be present, `'int?'` may be absent, `'int=4'` is 4 when absent. The wire key is the
 * property's name unless another follows: `'int? d'`.
 */
export type FieldSpec = `${FieldKind}${'' | '?' | `=${string}`}${'' | ` ${string}`}`;

/** Property name to field, in the order in which fields go onto the wire. */
export type FieldTable = Readonly<Record<string, FieldSpec>>;

type ValueOf<S> = { [K in FieldKind]: S extends `${K}${string}` ? FieldValue<K> : never }[FieldKind];
type OptionalKeys<T extends FieldTable> = {
  [P in keyof T]: T[P] extends `${FieldKind}?${string}` ? P : never;
}[keyof T];
type DefaultedKeys<T extends FieldTable> = {
  [P in keyof T]: T[P] extends `${FieldKind}=${string}` ? P : never;
}[keyof T];
type Flat<T> = { [P in keyof T]: T[P] };

type Decoded<T extends FieldTable> = Flat<
  { [P in Exclude<keyof T, OptionalKeys<T>>]: ValueOf<T[P]> } & {
    [P in OptionalKeys<T>]?: ValueOf<T[P]> | undefined;
  }
>;
type Encodable<T extends FieldTable> = Flat<
  { [P in Exclude<keyof T, OptionalKeys<T> | DefaultedKeys<T>>]: ValueOf<T[P]> } & {
    [P in OptionalKeys<T> | DefaultedKeys<T>]?: ValueOf<T[P]> | undefined;
  }
>;

/** What {@link Header.decode} gives: `HeaderValues<typeof PullMessageRequestHeader>`. */
export type HeaderValues<H> = H extends Header<infer T> ? Decoded<T> : never;

/** One field of a header's table. */
export interface HeaderField {
  /** Our property. */
  readonly property: string;
  /** The wire key, verbatim. */
  readonly key: string;
  readonly kind: FieldKind;
  readonly required: boolean;
  /** What an absent field means, as text; undefined when it means nothing. */
  readonly defaultText: string | undefined;
}

/** A header, described once: the same table decodes, encodes and documents it. */
export interface Header<T extends FieldTable> {
  readonly name: string;
  readonly fields: readonly HeaderField[];
  /**
   * Reads what the table names and ignores the rest. An empty number or boolean counts as absent, as it arrives from the
   * binary header codec.
   *
   * @param where said in errors, such as the peer's address
   * @throws HeaderError for a required field that is missing, or a value that is not of its kind
   */
  readonly decode: (extFields: ExtFields, where?: string) => Decoded<T>;
  /** Fields in the table's order; undefined ones are left out. */
  readonly encode: (values: Encodable<T>) => ExtFields;
  /**
   * An encoder for many headers that have some values in common: those are turned into text once. It gives what a request
   * takes as `extFieldsJson`, the same text that {@link encode} leads to.
   */
  readonly prepare: <const P extends Partial<Encodable<T>>>(
    common: P,
  ) => (values: Omit<Encodable<T>, keyof P>) => string;
}

interface BoundField extends HeaderField {
  readonly parse: (text: string) => unknown;
  readonly format: (value: never) => string;
  readonly expected: string;
  readonly defaultValue: unknown;
  readonly emptyIsAbsent: boolean;
}

const SPEC = /^(string|int|long|boolean|boundary)(\?|=[^ ]*)?(?: (\S+))?$/;

/** Describes a header. The name is Java's class name. */
export function defineHeader<const T extends FieldTable>(name: string, table: T): Header<T> {
  const fields = Object.entries(table).map(([property, spec]) => bindField(name, property, spec));
  return {
    name,
    fields,
    decode: (extFields, where) => decodeFields(name, fields, extFields, where) as Decoded<T>,
    encode: (values) => encodeFields(fields, values),
    prepare: (common) => prepareFields(fields, common),
  };
}

function bindField(header: string, property: string, spec: FieldSpec): BoundField {
  const [, kindText, presence = '', key = property] = SPEC.exec(spec) ?? [];
  if (kindText === undefined) throw new HeaderError(header, property, spec, 'a field such as "int? d"');
  const kind = kindText as FieldKind;
  const text = fieldTexts[kind];
  const defaultText = presence.startsWith('=') ? presence.slice(1) : undefined;
  return {
    property,
    key,
    kind,
    required: presence === '',
    defaultText,
    parse: text.parse,
    format: text.format,
    expected: text.expected,
    defaultValue: defaultText === undefined ? undefined : text.parse(defaultText),
    emptyIsAbsent: kind !== 'string',
  };
}

function decodeFields(
  header: string,
  fields: readonly BoundField[],
  extFields: ExtFields,
  where: string | undefined,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const text = extFields[field.key];
    if (text === undefined || (text === '' && field.emptyIsAbsent)) {
      if (field.required) throw new HeaderError(header, field.key, null, field.expected, where);
      values[field.property] = field.defaultValue;
      continue;
    }
    const value = field.parse(text);
    if (value === undefined) throw new HeaderError(header, field.key, text, field.expected, where);
    values[field.property] = value;
  }
  return values;
}

function encodeFields(fields: readonly BoundField[], values: Record<string, unknown>): ExtFields {
  const extFields: ExtFields = {};
  for (const field of fields) {
    const value = values[field.property];
    if (value !== undefined && value !== null) extFields[field.key] = field.format(value as never);
  }
  return extFields;
}

/** A run of members that never change, or one field that does; the text begins with a comma. */
interface HeaderPart {
  readonly text: string;
  readonly field: BoundField | null;
}

function prepareFields(
  fields: readonly BoundField[],
  common: Record<string, unknown>,
): (values: Record<string, unknown>) => string {
  const { first, parts } = headerParts(fields, common);
  return (values) => {
    let text = first;
    for (const { text: members, field } of parts) {
      text += field === null ? members : memberText(field, members, values);
    }
    return first === '' ? text.slice(1) : text;
  };
}

/** Each piece that is put together costs: what never changes is one piece, and the first needs no comma. */
function headerParts(
  fields: readonly BoundField[],
  common: Record<string, unknown>,
): { first: string; parts: HeaderPart[] } {
  const parts: HeaderPart[] = [];
  let members = '';
  for (const field of fields) {
    const name = `,${jsonString(field.key)}:`;
    if (field.property in common) {
      members += memberText(field, name, common);
      continue;
    }
    if (members !== '') parts.push({ text: members, field: null });
    parts.push({ text: name, field });
    members = '';
  }
  if (members !== '') parts.push({ text: members, field: null });
  const first = parts[0]?.field === null ? parts.shift()?.text.slice(1) : undefined;
  return { first: first ?? '', parts };
}

function memberText(field: BoundField, name: string, values: Record<string, unknown>): string {
  const value = values[field.property];
  if (value === undefined || value === null) return '';
  const text = field.format(value as never);
  // Digits and words need no care.
  return name + (field.kind === 'string' ? jsonString(text) : `"${text}"`);
}
