import { LanguageCode } from './language-code.ts';
import { MqVersion } from './mq-version.ts';

/** How the header of a frame is written: the top byte of the header word. */
export const SerializeType = { JSON: 0, ROCKETMQ: 1 } as const;
export type SerializeType = (typeof SerializeType)[keyof typeof SerializeType];

/** Header fields as they travel: every value is a string on the wire. */
export type ExtFields = Record<string, string>;

/** One request or response, independent of how its header is serialized. */
export interface RemotingCommand {
  /** Request code, or response code when {@link isResponse} holds. */
  code: number;
  /** Ordinal of Java's LanguageCode; 13 is NODE_JS. */
  language: number;
  /** Ordinal of Java's MQVersion; 479 is V5_3_3. */
  version: number;
  /** Pairs a response with its request; each direction counts its own. */
  opaque: number;
  /** Bit 0: response. Bit 1: one-way. */
  flag: number;
  remark: string | null;
  extFields: ExtFields;
  /** Of a request to be sent with a JSON header: its fields as JSON members already (`Header.prepare`), instead of `extFields`. */
  extFieldsJson?: string;
  /** Empty when the frame has none. */
  body: Uint8Array;
  serializeType: SerializeType;
}

const RESPONSE_BIT = 1;
const ONEWAY_BIT = 2;
const NO_BODY: Uint8Array = new Uint8Array(0);

export interface RequestParts {
  readonly extFields?: ExtFields;
  readonly extFieldsJson?: string;
  readonly body?: Uint8Array;
  readonly oneway?: boolean;
  /** JSON unless told. */
  readonly serializeType?: SerializeType;
}

export interface ResponseParts {
  readonly remark?: string | null;
  readonly extFields?: ExtFields;
  readonly body?: Uint8Array;
}

export function isResponse(command: RemotingCommand): boolean {
  return (command.flag & RESPONSE_BIT) !== 0;
}

export function isOneway(command: RemotingCommand): boolean {
  return (command.flag & ONEWAY_BIT) !== 0;
}

/** A request of ours. Its `opaque` is 0 until whoever sends it gives it one. */
export function requestCommand(code: number, parts: RequestParts = {}): RemotingCommand {
  const command: RemotingCommand = {
    code,
    language: LanguageCode.NODE_JS,
    version: MqVersion.CURRENT,
    opaque: 0,
    flag: parts.oneway === true ? ONEWAY_BIT : 0,
    remark: null,
    extFields: parts.extFields ?? {},
    body: parts.body ?? NO_BODY,
    serializeType: parts.serializeType ?? SerializeType.JSON,
  };
  if (parts.extFieldsJson !== undefined) command.extFieldsJson = parts.extFieldsJson;
  return command;
}

/** The answer to a request: same `opaque`, same header codec, response bit set. */
export function responseTo(
  request: Pick<RemotingCommand, 'opaque' | 'serializeType'>,
  code: number,
  parts: ResponseParts = {},
): RemotingCommand {
  return {
    code,
    language: LanguageCode.NODE_JS,
    version: MqVersion.CURRENT,
    opaque: request.opaque,
    flag: RESPONSE_BIT,
    remark: parts.remark ?? null,
    extFields: parts.extFields ?? {},
    body: parts.body ?? NO_BODY,
    serializeType: request.serializeType,
  };
}
