import { languageCode, languageName } from '../command/language-code.ts';
import { type ExtFields, type RemotingCommand, SerializeType } from '../command/remoting-command.ts';
import { parseFastJson } from '../json/fast-json.ts';
import { jsonString } from '../json/json-string.ts';
import { FrameError } from './frame-error.ts';

/**
 * The header as compact JSON, keys in this order: code, language, version, opaque, flag, remark, extFields,
 * serializeTypeCurrentRPC. The native hot path writes the same bytes.
 */
export function encodeJsonHeader(command: RemotingCommand): string {
  let text = `{"code":${command.code},"language":"${languageName(command.language)}","version":${command.version},"opaque":${command.opaque},"flag":${command.flag}`;
  if (command.remark !== null) text += `,"remark":${jsonString(command.remark)}`;
  const members = command.extFieldsJson ?? membersOf(command.extFields);
  if (members !== '') text += `,"extFields":{${members}}`;
  const type = command.serializeType === SerializeType.JSON ? 'JSON' : 'ROCKETMQ';
  return `${text},"serializeTypeCurrentRPC":"${type}"}`;
}

function membersOf(extFields: ExtFields): string {
  let members = '';
  for (const key in extFields) {
    const value = extFields[key];
    if (value === undefined) continue;
    members += `${members === '' ? '' : ','}${jsonString(key)}:${jsonString(value)}`;
  }
  return members;
}

/**
 * Reads a JSON header as tolerantly as Java does: unknown members are ignored, absent numbers are 0, `remark` and
 * `extFields` may be absent, null or empty, scalar extension values become text.
 *
 * @throws FrameError
 */
export function decodeJsonHeader(text: string, headerOffset: number): Omit<RemotingCommand, 'body'> {
  const header = parseObject(text, headerOffset);
  return {
    code: integerMember(header, 'code', headerOffset),
    language: languageMember(header['language'], headerOffset),
    version: integerMember(header, 'version', headerOffset),
    opaque: integerMember(header, 'opaque', headerOffset),
    flag: integerMember(header, 'flag', headerOffset),
    remark: remarkMember(header['remark'], headerOffset),
    extFields: extFieldsMember(header['extFields'], text, headerOffset),
    serializeType: SerializeType.JSON,
  };
}

function parseObject(text: string, headerOffset: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FrameError('JSON header', headerOffset, (error as Error).message, 'a JSON object');
  }
  if (!isObject(value)) throw new FrameError('JSON header', headerOffset, kindOf(value), 'a JSON object');
  return value;
}

function integerMember(header: Record<string, unknown>, name: string, headerOffset: number): number {
  const value = header[name];
  if (value === undefined || value === null) return 0;
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || (number | 0) !== number) {
    throw new FrameError(`JSON header member ${name}`, headerOffset, kindOf(value), 'a 32-bit integer');
  }
  return number;
}

function languageMember(value: unknown, headerOffset: number): number {
  if (typeof value === 'string') return languageCode(value);
  if (value === undefined || value === null) return languageCode('JAVA');
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value;
  throw new FrameError(
    'JSON header member language',
    headerOffset,
    kindOf(value),
    'a name or a number 0 to 255',
  );
}

function remarkMember(value: unknown, headerOffset: number): string | null {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return null;
  throw new FrameError('JSON header member remark', headerOffset, kindOf(value), 'a string');
}

function extFieldsMember(value: unknown, text: string, headerOffset: number): ExtFields {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw extFieldsError(value, headerOffset);
  for (const key in value) {
    if (typeof value[key] !== 'string') return scalarsAsText(text, headerOffset);
  }
  return value as ExtFields;
}

/** The rare sender that writes numbers or booleans: reparsed, so that a 64-bit number keeps every digit. */
function scalarsAsText(text: string, headerOffset: number): ExtFields {
  const header = parseAgain(text, headerOffset);
  const fields = header['extFields'] as Record<string, unknown>;
  const result: ExtFields = {};
  for (const [key, member] of Object.entries(fields)) {
    if (member === null) continue;
    Object.defineProperty(result, key, {
      value: scalarText(member, headerOffset),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return result;
}

function parseAgain(text: string, headerOffset: number): Record<string, unknown> {
  try {
    return parseFastJson(text) as Record<string, unknown>;
  } catch (error) {
    throw new FrameError('JSON header', headerOffset, (error as Error).message, 'a flat JSON object');
  }
}

function scalarText(value: unknown, headerOffset: number): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value);
  throw extFieldsError(value, headerOffset);
}

function extFieldsError(value: unknown, headerOffset: number): FrameError {
  return new FrameError('JSON header member extFields', headerOffset, kindOf(value), 'an object of strings');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return JSON.stringify(value).slice(0, 40);
}
