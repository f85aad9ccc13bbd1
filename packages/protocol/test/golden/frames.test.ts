import { describe, expect, it } from 'vitest';
import {
  FrameError,
  LanguageCode,
  RequestCode,
  ResponseCode,
  SerializeType,
  decodeFrame,
  encodeFrame,
  mqVersionName,
  requestCodeName,
} from '../../src/index.ts';
import { golden } from '../support/golden.ts';
import { assertRejectsEveryPrefix } from '../support/prefixes.ts';

interface GoldenFrame {
  readonly name: string;
  readonly serializeType: keyof typeof SerializeType;
  readonly code: number;
  readonly language: keyof typeof LanguageCode;
  readonly version: number;
  readonly opaque: number;
  readonly flag: number;
  readonly remark: string | null;
  readonly extFields: Record<string, string | null> | null;
  readonly bodyHex: string | null;
  readonly frameHex: string;
}

const frames = golden('frames') as GoldenFrame[];

describe('frames as RemotingCommand writes them', () => {
  it.each(frames)('$name, $serializeType', (expected) => {
    const bytes = Buffer.from(expected.frameHex, 'hex');
    const command = decodeFrame(bytes);
    const { code, version, opaque, flag, remark } = expected;
    expect(command).toMatchObject({ code, version, opaque, flag, remark });
    expect(command.language).toBe(LanguageCode[expected.language]);
    expect(command.serializeType).toBe(SerializeType[expected.serializeType]);
    // Java reads a value of length zero in a binary header as null; we read the empty text that was sent.
    const fields = Object.entries(expected.extFields ?? {}).map(([key, value]) => [key, value ?? '']);
    expect(command.extFields).toEqual(Object.fromEntries(fields));
    expect(Buffer.from(command.body).toString('hex')).toBe(expected.bodyHex ?? '');
    const again = encodeFrame(command);
    expect(decodeFrame(again)).toEqual(command);
    // A binary header has one spelling only, up to the order of Java's hash map, which ours kept when it read.
    if (command.serializeType === SerializeType.ROCKETMQ)
      expect(again.toString('hex')).toBe(expected.frameHex);
    assertRejectsEveryPrefix(bytes, decodeFrame, [FrameError]);
  });
});

describe('codes', () => {
  const codes = golden('codes') as Record<
    'requestCodes' | 'responseCodes' | 'languageCodes' | 'versions',
    Record<string, number>
  >;

  it('of requests', () => {
    expect(RequestCode).toEqual(codes.requestCodes);
    expect(requestCodeName(310)).toBe('SEND_MESSAGE_V2');
    expect(requestCodeName(9999)).toBe('9999');
  });

  it('of responses', () => {
    expect(ResponseCode).toEqual(codes.responseCodes);
  });

  it('of languages', () => {
    expect(LanguageCode).toEqual(codes.languageCodes);
  });

  it('of versions', () => {
    for (const [name, ordinal] of Object.entries(codes.versions)) expect(mqVersionName(ordinal)).toBe(name);
  });
});
