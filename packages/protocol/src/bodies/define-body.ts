import { writeJson } from '../json/write-json.ts';
import { JsonValue } from '../json/json-object.ts';

/** A body in JSON: read as tolerantly as fastjson reads, written so that Java and Go read it. */
export interface Body<T> {
  /** Java's class name. */
  readonly name: string;
  /** @throws JsonError for bytes that are no such body */
  readonly decode: (bytes: Uint8Array) => T;
  readonly encode: (value: T) => Buffer;
  /** Reads it where it stands inside another body. @throws JsonError */
  readonly read: (value: JsonValue) => T;
}

/** The members of the value are written as they are named; maps and sets as {@link writeJson} tells. */
export function defineBody<T extends object>(name: string, read: (value: JsonValue) => NoInfer<T>): Body<T> {
  return {
    name,
    read,
    decode: (bytes) => read(JsonValue.parse(bytes, name)),
    encode: (value) => Buffer.from(writeJson(value)),
  };
}
