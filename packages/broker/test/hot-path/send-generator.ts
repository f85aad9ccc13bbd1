import {
  type ExtFields,
  type RemotingCommand,
  RequestCode,
  SerializeType,
  encodeBatch,
  encodeFrame,
  requestCommand,
} from '@centaurmq/protocol';
import type { Random } from '@centaurmq/remoting';
import { oddJsonFrame } from './odd-json-frame.ts';

/** One frame and what to expect of it. */
export interface GeneratedFrame {
  readonly bytes: Buffer;
  readonly opaque: number;
  readonly answered: boolean;
  /** Its topic may have to be created first. */
  readonly mayCreateTopic?: boolean;
}

const V1_KEYS = {
  a: 'producerGroup',
  b: 'topic',
  c: 'defaultTopic',
  d: 'defaultTopicQueueNums',
  e: 'queueId',
  f: 'sysFlag',
  g: 'bornTimestamp',
  h: 'flag',
  i: 'properties',
  j: 'reconsumeTimes',
  k: 'unitMode',
  l: 'maxReconsumeTimes',
  m: 'batch',
  n: 'bname',
} as const;
type Letter = keyof typeof V1_KEYS;

const ODD_NUMBERS = [
  '',
  ' 5',
  '5 ',
  '+5',
  '-0',
  '007',
  '1e3',
  '0x10',
  '2147483648',
  '-2147483649',
  '9223372036854775808',
  'null',
  '٣',
];
const ODD_TEXTS = [
  'ключ',
  '消息',
  'a"b',
  'a\\b',
  'a/b',
  'tab\tbed',
  '\u0000',
  '\u007f',
  '\u2028',
  '😀',
  'line\nfeed',
];
const SPECIAL_PROPERTIES = [
  'WAIT\u0001false',
  'DELAY\u00010',
  'DELAY\u00011',
  'DELAY\u0001x',
  'TRAN_MSG\u0001true',
  'TRAN_MSG\u0001false',
  'TIMER_DELAY_SEC\u00015',
  'TIMER_OUT_MS\u00015',
  'POP_CK\u0001x',
  '1ST_POP_TIME\u00011',
  'MSG_REGION\u0001evil',
  'TRACE_ON\u0001maybe',
  'CLUSTER\u0001other',
  '__CRC32#\u00010000000000',
  'RETRY_TOPIC\u0001X',
  'REAL_TOPIC\u0001X',
  'REAL_QID\u00013',
  'INNER_NUM\u00012',
  'INNER_MULTI_DISPATCH\u0001q1,q2',
  '__RMQ.TRANSIENT.A\u00011',
  'UNIQ_KEY\u0001SECOND',
  'TAGS\u0001twice',
  'KEYS\u0001k1 k2 k1',
];

/** Sends as clients write them, with every oddity we could think of mixed in. */
export class SendGenerator {
  readonly #random: Random;
  #opaque = 0;
  #uniqueKeyCount = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): GeneratedFrame {
    this.#opaque += 1;
    const code = this.#pick([
      RequestCode.SEND_MESSAGE,
      RequestCode.SEND_MESSAGE_V2,
      RequestCode.SEND_MESSAGE_V2,
      RequestCode.SEND_BATCH_MESSAGE,
    ]);
    const batch = code === RequestCode.SEND_BATCH_MESSAGE ? !this.#oneIn(20) : this.#oneIn(40);
    const letters = this.#fields(batch);
    // Nobody can tell when an unanswered send that first has to create its topic is done.
    const mayCreateTopic = /^(New|%)/.test(letters['b'] ?? '');
    const oneway = this.#oneIn(10) && !mayCreateTopic;
    const named = (code === RequestCode.SEND_MESSAGE) !== this.#oneIn(50);
    const extFields = named ? withLongNames(letters) : letters;
    const command: RemotingCommand = {
      ...requestCommand(code, { extFields, body: batch ? this.#batchBody() : this.#body() }),
      opaque: this.#opaque,
      flag: (oneway ? 2 : 0) | (this.#oneIn(100) ? 8 : 0),
      version: this.#pick([0, 62, 121, 317, 409, 479, 513]),
      language: this.#pick([0, 9, 12, 13]),
      serializeType: this.#oneIn(3) ? SerializeType.ROCKETMQ : SerializeType.JSON,
      remark: this.#oneIn(30) ? 'a remark' : null,
    };
    const plain = command.serializeType === SerializeType.ROCKETMQ || !this.#oneIn(6);
    const bytes = plain ? encodeFrame(command) : oddJsonFrame(command, this.#random);
    return { bytes, opaque: this.#opaque, answered: !oneway, mayCreateTopic };
  }

  #fields(batch: boolean): ExtFields {
    const fields: Partial<Record<Letter, string>> = {
      a: this.#oneIn(20) ? this.#pick(ODD_TEXTS) : 'producers',
      b: this.#topic(),
      c: this.#oneIn(20) ? 'nothing' : 'TBW102',
      d: '4',
      e: String(this.#random.below(4)),
      f: this.#pick(['0', '0', '0', '1', '0', '256', '769']),
      g: String(1_700_000_000_000 + this.#random.below(1000)),
      h: String(this.#random.below(3) - 1),
      i: batch && this.#oneIn(2) ? '' : this.#properties(),
      j: '0',
      k: 'false',
      m: String(batch),
    };
    if (this.#oneIn(3)) fields.l = '0';
    if (this.#oneIn(3)) fields.n = 'broker-a';
    if (this.#oneIn(8)) this.#makeOdd(fields);
    return fields;
  }

  #makeOdd(fields: Partial<Record<Letter, string>>): void {
    const change = this.#random.below(12);
    if (change === 0) fields.e = String(this.#random.below(40) - 20);
    else if (change === 1) fields.f = String(this.#random.below(2048));
    else if (change === 2)
      fields.g = this.#pick(['-1', '9007199254740993', '9223372036854775807', '-9223372036854775808']);
    else if (change === 3) fields.j = String(this.#random.below(20) - 2);
    else if (change === 4) fields.k = this.#pick(['true', 'TRUE', '']);
    else if (change === 5) fields.m = this.#pick(['true', 'True', '', 'yes']);
    else if (change === 6) delete fields[this.#pick(Object.keys(fields) as Letter[])];
    else if (change === 7) Object.assign(fields, { extra: 'field', q: '1' });
    else if (change === 8) fields.i = this.#properties() + this.#properties();
    else fields[this.#pick<Letter>(['d', 'e', 'f', 'g', 'h', 'j', 'l'])] = this.#pick(ODD_NUMBERS);
  }

  #topic(): string {
    if (!this.#oneIn(6)) return this.#pick(['T0', 'T1', 'T2', 'Safe']);
    return this.#pick([
      'BenchmarkTest',
      'ReadOnly',
      'SCHEDULE_TOPIC_XXXX',
      'TBW102',
      'broker-a',
      'RMQ_SYS_TRANS_HALF_TOPIC',
      'not a topic',
      '',
      'x'.repeat(128),
      '%RETRY%G',
      '%DLQ%G',
      `New${this.#random.below(60)}`,
      'тема',
    ]);
  }

  #properties(): string {
    this.#uniqueKeyCount += 1;
    const entries: string[] = [];
    if (!this.#oneIn(15))
      entries.push(`UNIQ_KEY\u0001${this.#uniqueKeyCount.toString(16).toUpperCase().padStart(32, '0')}`);
    if (this.#oneIn(2)) entries.push('WAIT\u0001true');
    if (this.#oneIn(2)) entries.push(`TAGS\u0001${this.#pick(['a', 'b', 'ярлык', 'c c'])}`);
    if (this.#oneIn(2)) entries.push(`KEYS\u0001order-${this.#random.below(100)}`);
    if (this.#oneIn(3)) entries.push(`user\u0001${this.#oneIn(3) ? this.#pick(ODD_TEXTS) : 'value'}`);
    if (this.#oneIn(12)) entries.push(this.#pick(SPECIAL_PROPERTIES));
    if (this.#oneIn(40))
      entries.push(
        this.#pick(['noValue', 'empty\u0001', '\u0001noName', 'a\u0001b\u0001c', 'user\u0001twice']),
      );
    if (this.#oneIn(300)) entries.push(`long\u0001${'p'.repeat(32_500 + this.#random.below(400))}`);
    for (let count = entries.length; count > 1; count -= 1) {
      const other = this.#random.below(count);
      [entries[count - 1], entries[other]] = [entries[other]!, entries[count - 1]!];
    }
    const separators = this.#oneIn(30) ? '\u0002\u0002' : '\u0002';
    return entries.join(separators) + (this.#oneIn(2) ? '\u0002' : '');
  }

  #body(): Buffer {
    const length = this.#pick(
      [0, 1, 10, 100, 1000, 8192, 8193, 20_000].slice(this.#oneIn(12) ? 0 : 1, this.#oneIn(12) ? 8 : 5),
    );
    return this.#bytes(length);
  }

  #batchBody(): Buffer {
    const count = this.#oneIn(30) ? 0 : 1 + this.#random.below(5);
    const body = encodeBatch(
      Array.from({ length: count }, (_, index) => ({
        flag: index,
        properties: new Map(
          this.#oneIn(10)
            ? []
            : [
                ['UNIQ_KEY', `B${this.#opaque}-${index}`],
                ['TAGS', 'a'],
              ],
        ),
        body: this.#bytes(this.#random.below(200)),
      })),
    );
    if (!this.#oneIn(8) || body.length === 0) return body;
    const harm = this.#random.below(3);
    if (harm === 0) return body.subarray(0, this.#random.below(body.length));
    if (harm === 1) return Buffer.concat([body, this.#bytes(1 + this.#random.below(30))]);
    body.writeUInt8(this.#random.below(256), this.#random.below(body.length));
    return body;
  }

  #bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let index = 0; index < length; index += 1) bytes[index] = this.#random.below(256);
    return bytes;
  }

  #oneIn(count: number): boolean {
    return this.#random.below(count) === 0;
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#random.below(choices.length)]!;
  }
}

function withLongNames(letters: ExtFields): ExtFields {
  const named: ExtFields = {};
  for (const [letter, value] of Object.entries(letters)) {
    named[letter in V1_KEYS ? V1_KEYS[letter as Letter] : letter] = value;
  }
  return named;
}
