import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  HeaderError,
  GetMaxOffsetRequestHeader,
  PullMessageRequestHeader,
  type RegisterBrokerRequestHeader,
  SearchOffsetRequestHeader,
  SendMessageRequestHeader,
  SendMessageRequestHeaderV2,
  defineHeader,
} from '../../src/index.ts';

const values = {
  producerGroup: 'g',
  topic: 't',
  defaultTopic: 'TBW102',
  defaultTopicQueueNums: 4,
  queueId: -1,
  sysFlag: 0,
  bornTimestamp: 1_700_000_000_000,
  flag: 0,
};

describe('a header table', () => {
  it('writes its wire keys in order and leaves undefined fields out', () => {
    expect(
      Object.entries(SendMessageRequestHeaderV2.encode({ ...values, properties: '', batch: undefined })),
    ).toEqual([
      ['a', 'g'],
      ['b', 't'],
      ['c', 'TBW102'],
      ['d', '4'],
      ['e', '-1'],
      ['f', '0'],
      ['g', '1700000000000'],
      ['h', '0'],
      ['i', ''],
    ]);
  });

  it('reads back what it wrote', () => {
    const full = {
      ...values,
      properties: 'x',
      reconsumeTimes: 3,
      unitMode: false,
      batch: true,
      maxReconsumeTimes: 16,
    };
    expect(SendMessageRequestHeader.decode(SendMessageRequestHeader.encode(full))).toEqual(full);
  });

  it('has types that know what may be absent', () => {
    expectTypeOf<SendMessageRequestHeader>().toHaveProperty('queueId').toEqualTypeOf<number>();
    expectTypeOf<SendMessageRequestHeader['properties']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<SendMessageRequestHeader['batch']>().toEqualTypeOf<boolean | undefined>();
    expectTypeOf<RegisterBrokerRequestHeader['compressed']>().toEqualTypeOf<boolean>();
    // @ts-expect-error -- a required field is missing
    expect(SendMessageRequestHeader.encode({ topic: 't' })).toEqual({ topic: 't' });
  });

  it("keeps the wire's misspelling to the wire", () => {
    const fields = PullMessageRequestHeader.fields.find((field) => field.property === 'proxyForwardClientId');
    expect(fields?.key).toBe('proxyFrowardClientId');
  });
});

describe('decoding', () => {
  const max = { topic: 't', queueId: '0' };

  it('gives defaults, also for an empty value from the binary codec', () => {
    expect(GetMaxOffsetRequestHeader.decode(max).committed).toBe(true);
    expect(GetMaxOffsetRequestHeader.decode({ ...max, committed: '' }).committed).toBe(true);
    expect(GetMaxOffsetRequestHeader.decode({ ...max, committed: 'FALSE' }).committed).toBe(false);
  });

  it.each([
    ['TRUE', true],
    ['true', true],
    ['yes', false],
    ['1', false],
  ])('reads the boolean %j as Java does', (text, value) => {
    expect(GetMaxOffsetRequestHeader.decode({ ...max, committed: text }).committed).toBe(value);
  });

  it.each([
    ['upper', 'UPPER'],
    ['UPPER', 'UPPER'],
    ['lower', 'LOWER'],
    ['sideways', 'LOWER'],
  ])('reads the boundary %j', (text, value) => {
    const fields = { topic: 't', queueId: '0', timestamp: '5', boundaryType: text };
    expect(SearchOffsetRequestHeader.decode(fields).boundaryType).toBe(value);
  });

  it.each(['', 'x', '1.0', '0x10', ' 1', '2147483648', '-2147483649', '1e3'])(
    'refuses %j as an int',
    (text) => {
      expect(() => GetMaxOffsetRequestHeader.decode({ ...max, queueId: text })).toThrow(HeaderError);
    },
  );

  it('carries the extremes of a long through', () => {
    for (const extreme of ['9223372036854775807', '-9223372036854775808', '9007199254740991', '-1']) {
      const fields = { topic: 't', queueId: '0', timestamp: extreme };
      expect(SearchOffsetRequestHeader.encode(SearchOffsetRequestHeader.decode(fields)).timestamp).toBe(
        extreme,
      );
    }
    expect(() =>
      SearchOffsetRequestHeader.decode({ topic: 't', queueId: '0', timestamp: '9223372036854775808' }),
    ).toThrow(/64-bit/);
  });

  it('says which header, field and value, what was expected, and where', () => {
    expect(() => GetMaxOffsetRequestHeader.decode({ topic: 't' }, '10.0.0.1:1')).toThrow(
      'GetMaxOffsetRequestHeader.queueId of 10.0.0.1:1: found nothing, expected a 32-bit integer',
    );
    expect(() => GetMaxOffsetRequestHeader.decode({ topic: 't', queueId: 'zero' })).toThrow(
      'GetMaxOffsetRequestHeader.queueId: found "zero", expected a 32-bit integer',
    );
  });
});

it('refuses a table that it cannot read', () => {
  expect(() => defineHeader('Broken', { field: 'float' as 'int' })).toThrow(HeaderError);
});

describe('a prepared encoder', () => {
  const header = defineHeader('Prepared', {
    first: 'string? a"',
    second: 'int',
    third: 'boolean? c',
    fourth: 'string=x',
    fifth: 'long?',
  });
  const text = 'k "1" \\ \u0001 ü 🐎';
  const cases = [
    { first: text, second: -1, third: true, fourth: text, fifth: 2 ** 60 },
    { second: 7 },
    { first: '', second: 0, third: undefined, fourth: undefined, fifth: 5 },
  ];
  const json = (values: (typeof cases)[number]): unknown => JSON.parse(JSON.stringify(header.encode(values)));

  it.each(cases)('writes what the plain one does, whatever is common: %j', (values) => {
    const names = ['first', 'second', 'third', 'fourth', 'fifth'] as const;
    for (let mask = 0; mask < 2 ** names.length; mask++) {
      const common: Record<string, unknown> = {};
      const others: Record<string, unknown> = {};
      for (const [bit, name] of names.entries()) {
        ((mask >> bit) % 2 === 0 ? others : common)[name] = (values as Record<string, unknown>)[name];
      }
      const written = header.prepare(common)(others);
      expect(JSON.parse(`{${written}}`), `common ${mask}`).toEqual(json(values));
      const fields = Object.entries(header.encode(values)).map(
        ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
      );
      expect(written, `common ${mask}`).toBe(fields.join(','));
    }
  });
});
