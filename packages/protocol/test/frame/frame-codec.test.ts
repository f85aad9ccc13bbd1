import { describe, expect, it } from 'vitest';
import {
  FrameError,
  FrameLimits,
  type RemotingCommand,
  SendMessageResponseHeader,
  SerializeType,
  decodeFrame,
  encodeFrame,
  encodeFrameHead,
  readFrameLength,
  requestCommand,
  responseTo,
} from '../../src/index.ts';
import { assertRejectsEveryPrefix } from '../support/prefixes.ts';

const send: RemotingCommand = {
  code: 310,
  language: 0,
  version: 479,
  opaque: 77,
  flag: 0,
  remark: null,
  extFields: { a: 'group', b: 'topic', i: 'KEYS\u0001k "1" \\ ü 🐎\u0002' },
  body: Buffer.from('hello'),
  serializeType: SerializeType.JSON,
};
const refusal: RemotingCommand = {
  ...send,
  code: -1000,
  flag: 1,
  remark: 'nö "way"\n',
  extFields: {},
  body: Buffer.alloc(0),
};

function frameOf(serializeType: number, header: Buffer | string, body = ''): Buffer {
  const bytes = Buffer.from(header);
  const frame = Buffer.alloc(8 + bytes.length + body.length);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeUInt32BE(((serializeType << 24) | bytes.length) >>> 0, 4);
  bytes.copy(frame, 8);
  frame.write(body, 8 + bytes.length);
  return frame;
}

describe.each([
  ['JSON', SerializeType.JSON],
  ['ROCKETMQ', SerializeType.ROCKETMQ],
] as const)('a frame with a %s header', (_name, serializeType) => {
  it.each([
    ['a request with fields and a body', send],
    ['a response with a remark and neither', refusal],
  ])('gives back %s', (_what, command) => {
    const frame = encodeFrame({ ...command, serializeType });
    expect(decodeFrame(frame)).toEqual({ ...command, serializeType });
  });

  it('is refused when any of its end is missing', () => {
    assertRejectsEveryPrefix(encodeFrame({ ...send, serializeType }), decodeFrame, [FrameError]);
  });

  it('is refused when the header is cut and the lengths are true', () => {
    const whole = encodeFrame({ ...send, body: Buffer.alloc(0), serializeType });
    assertRejectsEveryPrefix(
      whole.subarray(8),
      (header) => decodeFrame(frameOf(serializeType, Buffer.from(header))),
      [FrameError],
    );
  });

  it('can be written without its body', () => {
    const command = { ...send, serializeType };
    const head = encodeFrameHead(command, command.body.length);
    expect(Buffer.concat([head, command.body])).toEqual(encodeFrame(command));
  });
});

it('writes the JSON header in the agreed order', () => {
  const request = { ...requestCommand(105, { extFields: { topic: 'T', flag: 'x' } }), opaque: 3 };
  expect(encodeFrame(request).subarray(8).toString()).toBe(
    '{"code":105,"language":"NODE_JS","version":479,"opaque":3,"flag":0,' +
      '"extFields":{"topic":"T","flag":"x"},"serializeTypeCurrentRPC":"JSON"}',
  );
  const response = responseTo(request, 17, { remark: 'no "T"' });
  expect(encodeFrame(response).subarray(8).toString()).toBe(
    '{"code":17,"language":"NODE_JS","version":479,"opaque":3,"flag":1,"remark":"no \\"T\\"","serializeTypeCurrentRPC":"JSON"}',
  );
});

it('takes fields that are JSON already, for a JSON header only', () => {
  const extFieldsJson = SendMessageResponseHeader.prepare({ queueId: 3 })({ msgId: '"', queueOffset: 4 });
  const plain = SendMessageResponseHeader.encode({ msgId: '"', queueId: 3, queueOffset: 4 });
  expect(encodeFrame(requestCommand(310, { extFieldsJson }))).toEqual(
    encodeFrame(requestCommand(310, { extFields: plain })),
  );
  const binary = requestCommand(310, { extFieldsJson, serializeType: SerializeType.ROCKETMQ });
  expect(() => encodeFrame(binary)).toThrow('extension fields at byte 8 of the frame: found JSON text');
});

it("marks a one-way request and answers in the request's codec", () => {
  const oneway = requestCommand(15, { oneway: true, serializeType: SerializeType.ROCKETMQ });
  expect(oneway.flag).toBe(2);
  const answer = responseTo({ ...oneway, opaque: 9 }, 0);
  expect(answer).toMatchObject({
    flag: 1,
    opaque: 9,
    serializeType: SerializeType.ROCKETMQ,
    language: 13,
    version: 479,
  });
});

function decode(json: string): RemotingCommand {
  return decodeFrame(frameOf(0, json, 'body'));
}

describe('the JSON header decoder', () => {
  it('takes what Go sends: null and empty members, an unknown one, a language of its own', () => {
    const command = decode(
      '{"code":10,"language":"KOTLIN","version":317,"opaque":1,"flag":0,"remark":"","extFields":{},"other":[1]}',
    );
    expect(command).toMatchObject({ code: 10, language: 7, remark: '', extFields: {} });
    expect(decode('{"code":10,"extFields":null,"remark":null}')).toMatchObject({
      opaque: 0,
      extFields: {},
      remark: null,
    });
  });

  it('makes text of scalar extension values, to the last digit', () => {
    const { extFields } = decode(
      '{"code":1,"extFields":{"a":9007199254740993,"b":true,"c":null,"d":"x","e":1.5}}',
    );
    expect(extFields).toEqual({ a: '9007199254740993', b: 'true', d: 'x', e: '1.5' });
  });

  it('keeps a field named __proto__ as a field', () => {
    const command = decode('{"code":1,"extFields":{"__proto__":"x"}}');
    expect(Object.entries(command.extFields)).toEqual([['__proto__', 'x']]);
  });

  it.each([
    '',
    '[]',
    'null',
    '{"code":"x"}',
    '{"code":1.5}',
    '{"code":3000000000}',
    '{"flag":[]}',
    '{"remark":1}',
  ])('refuses %j', (json) => {
    expect(() => decode(json)).toThrow(FrameError);
  });

  it.each(['{"language":[]}', '{"extFields":[]}', '{"extFields":"x"}', '{"extFields":{"a":{}}}'])(
    'refuses %j',
    (json) => {
      expect(() => decode(json)).toThrow(FrameError);
    },
  );
});

describe('the ROCKETMQ header', () => {
  it('refuses to write a code that its 16 bits cannot hold', () => {
    expect(() => encodeFrame({ ...send, code: 200_050, serializeType: SerializeType.ROCKETMQ })).toThrow(
      /JSON header/,
    );
  });

  it('reads an empty value as empty text', () => {
    const frame = encodeFrame({
      ...send,
      extFields: { i: '', j: '1' },
      serializeType: SerializeType.ROCKETMQ,
    });
    expect(decodeFrame(frame).extFields).toEqual({ i: '', j: '1' });
  });

  it('refuses every lie about a length', () => {
    const frame = encodeFrame({ ...send, serializeType: SerializeType.ROCKETMQ });
    const lengthsAt = [8 + 13, 8 + 17, 8 + 21, 8 + 21 + 2 + 1];
    for (const at of lengthsAt) {
      for (const lie of [-1, -0x8000_0000, 0x7fff_ffff, frame.length]) {
        const lying = Buffer.from(frame);
        lying.writeInt32BE(lie, at);
        expect(() => decodeFrame(lying), `${lie} at ${at}`).toThrow(FrameError);
      }
    }
  });
});

describe('readFrameLength', () => {
  it('waits for the length word', () => {
    expect(readFrameLength(Buffer.from([0, 0, 0]), 0)).toBe(0);
    expect(readFrameLength(Buffer.from([9, 0, 0, 0, 20]), 1)).toBe(24);
  });

  it.each([0x8000_0000, 0xffff_ffff, 0, 3, 16_777_213])('refuses a length word of %d', (length) => {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(length);
    expect(() => readFrameLength(word, 0)).toThrow(FrameError);
  });

  it('takes the longest frame that the limits allow', () => {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(16_777_212);
    expect(readFrameLength(word, 0)).toBe(FrameLimits.frameLengthMax);
    expect(() => readFrameLength(word, 0, { frameLengthMax: 16_777_215 })).toThrow(FrameError);
  });
});

it.each([
  ['deep', `{"extFields":{"a":1234567890123456789},"x":${'['.repeat(200)}${']'.repeat(200)}}`],
  ['deep, without scalars', `{"x":${'['.repeat(100_000)}`],
  ['a reference', '{"extFields":{"a":1,"b":{"$ref":"$.c"}}}'],
  ['a reference instead of fields', '{"extFields":{"$ref":1}, "c":{"$ref":"$.d"}}'],
])('refuses a JSON header that is %s', (_what, json) => {
  expect(() => decode(json)).toThrow(FrameError);
});

it('refuses a header longer than its frame and an unknown serialize type', () => {
  const frame = encodeFrame(send);
  const long = Buffer.from(frame);
  long.writeUInt32BE(frame.length - 7, 4);
  expect(() => decodeFrame(long)).toThrow('header length at byte 4');
  const strange = Buffer.from(frame);
  strange[4] = 7;
  expect(() => decodeFrame(strange)).toThrow('serialize type at byte 4 of the frame: found 7');
});

it('refuses to write a frame that no peer would read', () => {
  expect(() => encodeFrame({ ...send, body: Buffer.alloc(100) }, { frameLengthMax: 100 })).toThrow(
    FrameError,
  );
});
