import { describe, expect, it } from 'vitest';
import { JSON_DEPTH_MAX, JsonError, JsonValue, parseFastJson, writeJson } from '../../src/index.ts';
import { assertRejectsEveryPrefix } from '../support/prefixes.ts';

const queue = { brokerName: 'b', queueId: 0, topic: 'T' };

function nested(depth: number): string {
  return `${'{0:'.repeat(depth)}1${'}'.repeat(depth)}`;
}

describe('parseFastJson', () => {
  it.each([
    ['{"a":[1,-2.5e3,true,false,null,"x\\u0041\\n"]}', { a: [1, -2500, true, false, null, 'xA\n'] }],
    ['{0:"a",-1:"b","c":{12:1}}', { 0: 'a', '-1': 'b', c: { 12: 1 } }],
    [' { "a" : [ ] , 1 : { } } ', { a: [], 1: {} }],
    ['7', 7],
    ['"x"', 'x'],
  ])('reads %s', (text, value) => {
    expect(parseFastJson(text)).toEqual(value);
  });

  it('reads a map keyed by objects as a map', () => {
    const parsed = parseFastJson(
      '{"offsetTable":{{"brokerName":"b","queueId":0,"topic":"T"}:{"maxOffset":5}}}',
    );
    expect(parsed).toEqual({ offsetTable: new Map([[queue, { maxOffset: 5 }]]) });
  });

  it('keeps every digit of a long', () => {
    const text =
      '{"a":9223372036854775807,"b":-9223372036854775808,"c":9007199254740993,"d":9007199254740991}';
    const parsed = parseFastJson(text);
    expect(parsed).toEqual({
      a: 9_223_372_036_854_775_807n,
      b: -9_223_372_036_854_775_808n,
      c: 9_007_199_254_740_993n,
      d: 9_007_199_254_740_991,
    });
    expect(writeJson(parsed)).toBe(text);
  });

  it('keeps a key named __proto__ as a key, whichever way the text is read', () => {
    for (const text of ['{"__proto__":{"x":1}}', '{"__proto__":{1:1}}']) {
      expect(Object.keys(parseFastJson(text) as object)).toEqual(['__proto__']);
    }
  });

  it('refuses every prefix', () => {
    const text = '{"t":{{"queueId":0,"topic":"T"}:{"a":[1,"x",true,null,-5]}},0:1}';
    expect(parseFastJson(text)).toBeDefined();
    assertRejectsEveryPrefix(Buffer.from(text), (prefix) => parseFastJson(Buffer.from(prefix).toString()), [
      JsonError,
    ]);
  });

  it.each([
    '',
    '{a:1}',
    "{'a':1}",
    '{"a":}',
    '{"a":1,}',
    '[1 2]',
    '{"a":1}x',
    '{"a":01}',
    '{"a":"\u0001"}',
    '{"a":"\\x"}',
    '{{"a":1}:1,"b":2}',
    '{{{"a":1}:1}:2}',
    '{1.5:1}',
    'nul',
    '{"a":+1}',
  ])('refuses %j', (text) => {
    expect(() => parseFastJson(text)).toThrow(JsonError);
  });

  it('says where it stopped', () => {
    expect(() => parseFastJson('{0:"a",}')).toThrow(
      'JSON at character 7: found "}", expected a key: a string or an integer',
    );
  });

  it('refuses to go too deep', () => {
    expect(parseFastJson(nested(JSON_DEPTH_MAX))).toBeDefined();
    expect(() => parseFastJson(nested(JSON_DEPTH_MAX + 1))).toThrow(JsonError);
    expect(() => parseFastJson(nested(500_000))).toThrow(JsonError);
  });
});

describe('references', () => {
  it('stand for the object they point at', () => {
    expect(parseFastJson('{"a":[{"x":1},{"$ref":"$.a[0]"}],"b":{"$ref":"$.a[0]"}}')).toEqual({
      a: [{ x: 1 }, { x: 1 }],
      b: { x: 1 },
    });
    const keyed =
      '{"t":{{"brokerName":"b-1","queueId":0,"topic":"T"}:{"x":1},{"queueId":1}:{"$ref":"$.t.MessageQueue\\\\ \\\\[topic\\\\=T\\\\,\\\\ brokerName\\\\=b\\\\-1\\\\,\\\\ queueId\\\\=0\\\\]"}}}';
    const { t } = parseFastJson(keyed) as { t: Map<unknown, unknown> };
    expect([...t.values()]).toEqual([{ x: 1 }, { x: 1 }]);
  });

  it.each([
    ['{"a":{"$ref":"$.b"}}', 'something at $.b'],
    ['{"a":{"$ref":".."}}', 'a path from the root'],
    ['{"a":{"$ref":"$"}}', 'without references of its own'],
    ['{"a":[1],"b":[{"$ref":"$.a"}],"c":[{"$ref":"$.b"},{"$ref":"$.b"}]}', 'without references of its own'],
    ['{"a":{"$ref":"$!"}}', 'steps such as'],
    ['{"a":{"$ref":"$.constructor"}}', 'something at $.constructor'],
  ])('refuses %s', (text, expected) => {
    expect(() => parseFastJson(text)).toThrow(expected);
  });
});

it('many references to one object cost no more than the object', () => {
  const entries = Array.from({ length: 20_000 }, (_, at) => `{"queueId":${at}}:[${at}]`).join(',');
  const paths = Array.from(
    { length: 20_000 },
    (_, at) => `MessageQueue \\[topic=undefined, brokerName=undefined, queueId=${at}\\]`,
  );
  const references = paths.map((path) => JSON.stringify({ $ref: `$.t.${path}` })).join(',');
  const spelled = Array.from({ length: 5000 }, (_, at) =>
    at.toString(2).padStart(13, '0').replaceAll('0', 'a').replaceAll('1', '\\a'),
  );
  const again = spelled.map((name) => JSON.stringify({ $ref: `$.${name}` })).join(',');
  const text = `{"t":{${entries}},"${'a'.repeat(13)}":[${'1,'.repeat(50_000)}1],"r":[${references}],"s":[${again}]}`;
  const { r, s } = parseFastJson(text) as { r: unknown[]; s: unknown[] };
  expect(r[19_999]).toEqual([19_999]);
  expect(s[4999]).toBe(s[0]);
});

it('a text with references goes no deeper than one without', () => {
  const deep = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)},"b":{"$ref":"$.a"}}`;
  expect(parseFastJson(deep(90))).toBeDefined();
  for (const depth of [101, 100_000]) expect(() => parseFastJson(deep(depth))).toThrow(JsonError);
});

describe('writeJson', () => {
  it('sorts keys, quotes numeric ones, leaves out what is null, keeps object keys inline', () => {
    const value = {
      z: new Map([
        [10, 'x'],
        [2, 'y'],
      ]),
      a: null,
      b: undefined,
      m: new Map([[queue, [1, null]]]),
      s: new Set(['q']),
      e: new Map(),
    };
    expect(writeJson(value)).toBe(
      '{"e":{},"m":{{"brokerName":"b","queueId":0,"topic":"T"}:[1,null]},"s":["q"],"z":{"10":"x","2":"y"}}',
    );
  });

  it('writes numbers that Java reads back', () => {
    expect(writeJson([2 ** 63, -(2 ** 63), 2 ** 60, Number.NaN, Number.POSITIVE_INFINITY, 0.5, 1e300])).toBe(
      '[9223372036854775807,-9223372036854775808,1152921504606846976,null,null,0.5,1e+300]',
    );
  });

  it('escapes as JSON does', () => {
    expect(writeJson('"\\\u0001ü\ud800')).toBe(String.raw`"\"\\\u0001ü\ud800"`);
  });
});

describe('JsonValue', () => {
  const body = JsonValue.parse(
    Buffer.from('{"s":"x","n":"12","b":"true","l":[1,"y"],"o":{"k":1},"long":9223372036854775807}'),
    'Body',
  );

  it('reads members with their defaults, numbers and booleans also out of strings', () => {
    expect(body.textOf('missing', 'd')).toBe('d');
    expect(body.numberOf('n')).toBe(12);
    expect(body.booleanOf('b')).toBe(true);
    expect(body.numberOf('long')).toBe(2 ** 63);
    expect(body.optionalTextOf('missing')).toBeUndefined();
    expect(body.textOf('toString', 'own members only')).toBe('own members only');
  });

  it('says the path of what does not fit', () => {
    expect(() => body.numberOf('s')).toThrow('JSON at Body.s: found "x", expected a number');
    expect(() => body.listOf('l', (element) => element.boolean())).toThrow(
      'JSON at Body.l[1]: found "y", expected true or false',
    );
    expect(() => body.textOf('l')).toThrow('JSON at Body.l: found an array, expected a string');
    expect(() => body.tableOf('o', (element) => element.list(String))).toThrow('JSON at Body.o.k: found 1');
    expect(() =>
      body.keyedTableOf(
        'o',
        (key) => key,
        (value) => value,
      ),
    ).toThrow('a map keyed by objects');
    expect(() => body.member('s').member('x')).toThrow('JSON at Body.s: found "x", expected an object');
  });
});
