// Whatever arrives: the broker lives, others are served, and nothing piles up.
import { mkdtemp, rm } from 'node:fs/promises';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Broker, resolveBrokerConfig } from '@centaurmq/broker';
import {
  type ExtFields,
  GetConsumerListByGroupRequestHeader,
  GetMaxOffsetRequestHeader,
  PullMessageRequestHeader,
  PullMessageResponseHeader,
  QueryConsumerOffsetRequestHeader,
  QueryMessageRequestHeader,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  SendMessageRequestHeader,
  SendMessageRequestHeaderV2,
  SendMessageResponseHeader,
  SerializeType,
  UpdateConsumerOffsetRequestHeader,
  ViewMessageRequestHeader,
  decodeRecords,
  encodeBatch,
  requestCommand,
} from '@centaurmq/protocol';
import {
  RemotingClient,
  nodeTransport,
  seededRandom,
  silentLogger,
  systemClock,
  systemRandom,
} from '@centaurmq/remoting';
import { describe, expect, it } from 'vitest';
import { FrameMutator } from './frame-mutator.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const frameCount = Number(process.env['FUZZ_FRAMES'] ?? 200_000);
const CONNECTIONS = 8;
const FRAMES_PER_WRITE = 20;
const WRITES_PER_CONNECTION = 30;
const MIB = 1024 * 1024;

/** Requests of clients at work, in both header codecs. */
function liveTraffic(): RemotingCommand[] {
  const send = {
    producerGroup: 'P',
    topic: 'Fuzzed',
    defaultTopic: 'TBW102',
    defaultTopicQueueNums: 4,
    queueId: 1,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    flag: 0,
    properties:
      'KEYS\u0001k1 k2\u0002UNIQ_KEY\u00010A0102030405060708090A0B0C0D0E0F\u0002WAIT\u0001true\u0002TAGS\u0001a\u0002',
    reconsumeTimes: 0,
    unitMode: false,
    batch: false,
  };
  const pull = {
    consumerGroup: 'FuzzedGroup',
    topic: 'Fuzzed',
    queueId: 1,
    queueOffset: 0,
    maxMsgNums: 4,
    sysFlag: 4,
    commitOffset: 0,
    suspendTimeoutMillis: 1000,
    subscription: 'a || b',
    subVersion: 1,
  };
  const element = { flag: 0, properties: new Map([['TAGS', 'a']]), body: Buffer.from('element') };
  const heartbeat = {
    clientID: '10.0.0.1@1',
    producerDataSet: [{ groupName: 'P' }],
    consumerDataSet: [
      {
        groupName: 'FuzzedGroup',
        consumeType: 'CONSUME_PASSIVELY',
        messageModel: 'CLUSTERING',
        consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
        subscriptionDataSet: [
          { topic: 'Fuzzed', subString: '*', tagsSet: [], codeSet: [], subVersion: 1, expressionType: 'TAG' },
        ],
      },
    ],
  };
  const offset = { consumerGroup: 'FuzzedGroup', topic: 'Fuzzed', queueId: 1 };
  const requests: [number, ExtFields, Uint8Array?][] = [
    [RequestCode.SEND_MESSAGE, SendMessageRequestHeader.encode(send), Buffer.from('body')],
    [RequestCode.SEND_MESSAGE_V2, SendMessageRequestHeaderV2.encode(send), Buffer.from('body')],
    [
      RequestCode.SEND_MESSAGE_V2,
      SendMessageRequestHeaderV2.encode({ ...send, topic: 'FuzzedSafe' }),
      Buffer.alloc(2000, 7),
    ],
    [
      RequestCode.SEND_BATCH_MESSAGE,
      SendMessageRequestHeaderV2.encode({ ...send, properties: '', batch: true }),
      encodeBatch([element, element, element]),
    ],
    [
      RequestCode.SEND_MESSAGE_V2,
      SendMessageRequestHeaderV2.encode({ ...send, properties: `${send.properties}DELAY\u00011\u0002` }),
      Buffer.from('late'),
    ],
    [RequestCode.PULL_MESSAGE, PullMessageRequestHeader.encode(pull)],
    [RequestCode.PULL_MESSAGE, PullMessageRequestHeader.encode({ ...pull, queueId: 3, sysFlag: 6 })],
    [RequestCode.LITE_PULL_MESSAGE, PullMessageRequestHeader.encode({ ...pull, sysFlag: 20 })],
    [RequestCode.HEART_BEAT, {}, Buffer.from(JSON.stringify(heartbeat))],
    [
      RequestCode.GET_CONSUMER_LIST_BY_GROUP,
      GetConsumerListByGroupRequestHeader.encode({ consumerGroup: 'FuzzedGroup' }),
    ],
    [RequestCode.QUERY_CONSUMER_OFFSET, QueryConsumerOffsetRequestHeader.encode(offset)],
    [
      RequestCode.UPDATE_CONSUMER_OFFSET,
      UpdateConsumerOffsetRequestHeader.encode({ ...offset, commitOffset: 5 }),
    ],
    [RequestCode.GET_MAX_OFFSET, GetMaxOffsetRequestHeader.encode(offset)],
    [RequestCode.VIEW_MESSAGE_BY_ID, ViewMessageRequestHeader.encode({ offset: 0 })],
    [
      RequestCode.QUERY_MESSAGE,
      QueryMessageRequestHeader.encode({
        topic: 'Fuzzed',
        key: 'k1',
        maxNum: 8,
        beginTimestamp: 0,
        endTimestamp: 2_000_000_000_000,
      }),
    ],
    [RequestCode.GET_ALL_TOPIC_CONFIG, {}],
    [RequestCode.GET_BROKER_RUNTIME_INFO, {}],
  ];
  return requests.flatMap(([code, extFields, body = Buffer.alloc(0)]) =>
    [SerializeType.JSON, SerializeType.ROCKETMQ].map((serializeType) =>
      requestCommand(code, { extFields, body, serializeType }),
    ),
  );
}

/** Somebody who does nothing wrong, on topics and a group that the fuzzed frames do not name. */
class WellBehavedClient {
  readonly client = new RemotingClient({
    name: 'well-behaved',
    transport: nodeTransport(),
    clock: systemClock,
    logger: silentLogger,
  });
  readonly #address: string;
  #sentCount = 0;

  constructor(address: string) {
    this.#address = address;
  }

  get sentCount(): number {
    return this.#sentCount;
  }

  async createTopic(topic: string): Promise<void> {
    const extFields = {
      topic,
      defaultTopic: 'TBW102',
      readQueueNums: '4',
      writeQueueNums: '4',
      perm: '6',
      topicFilterType: 'SINGLE_TAG',
    };
    const attributes: ExtFields = topic === 'FuzzedSafe' ? { attributes: '+ack.level=fsync' } : {};
    const answer = await this.#ask(RequestCode.UPDATE_AND_CREATE_TOPIC, { ...extFields, ...attributes });
    expect(answer.code).toBe(ResponseCode.SUCCESS);
  }

  async createGroup(groupName: string): Promise<void> {
    const answer = await this.#ask(
      RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
      {},
      Buffer.from(JSON.stringify({ groupName })),
    );
    expect(answer.code).toBe(ResponseCode.SUCCESS);
  }

  /** Sends one message and pulls it back. */
  async roundTrip(): Promise<void> {
    const text = `message ${this.#sentCount}`;
    const header = {
      producerGroup: 'Healthy',
      topic: 'Healthy',
      defaultTopic: 'TBW102',
      defaultTopicQueueNums: 4,
      queueId: 0,
      sysFlag: 0,
      bornTimestamp: 1,
      flag: 0,
    };
    const properties = `UNIQ_KEY\u0001${String(this.#sentCount).padStart(32, '0')}\u0002`;
    const sent = await this.#ask(
      RequestCode.SEND_MESSAGE_V2,
      SendMessageRequestHeaderV2.encode({ ...header, properties }),
      Buffer.from(text),
    );
    expect(sent.code).toBe(ResponseCode.SUCCESS);
    const { queueOffset } = SendMessageResponseHeader.decode(sent.extFields);
    expect(queueOffset).toBe(this.#sentCount);
    const pull = {
      consumerGroup: 'Healthy',
      topic: 'Healthy',
      queueId: 0,
      queueOffset,
      maxMsgNums: 1,
      sysFlag: 4,
      commitOffset: 0,
      suspendTimeoutMillis: 0,
      subscription: '*',
      subVersion: 0,
    };
    const pulled = await this.#ask(RequestCode.PULL_MESSAGE, PullMessageRequestHeader.encode(pull));
    expect(pulled.code).toBe(ResponseCode.SUCCESS);
    expect(PullMessageResponseHeader.decode(pulled.extFields).nextBeginOffset).toBe(queueOffset + 1);
    expect(decodeRecords(pulled.body).map((message) => Buffer.from(message.body).toString())).toEqual([text]);
    this.#sentCount += 1;
  }

  #ask(code: number, extFields: ExtFields, body?: Uint8Array) {
    const command = requestCommand(code, body === undefined ? { extFields } : { extFields, body });
    return this.client.invoke(this.#address, command, { timeoutMillis: 15_000 });
  }
}

interface FuzzResult {
  /** By the broker. */
  readonly closedCount: number;
  /** Frames that were understood well enough to be answered. */
  readonly answeredCount: number;
}

/** Counts frames of a stream without keeping them. */
class FrameCounter {
  count = 0;
  #missingBytes = 0;
  #head: Buffer = Buffer.alloc(0);

  received(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      const skipped = Math.min(this.#missingBytes, rest.length);
      this.#missingBytes -= skipped;
      rest = rest.subarray(skipped);
      if (rest.length === 0) return;
      this.#head = Buffer.concat([this.#head, rest.subarray(0, 4 - this.#head.length)]);
      rest = rest.subarray(Math.min(rest.length, 4));
      if (this.#head.length < 4) return;
      this.#missingBytes = this.#head.readInt32BE(0);
      this.#head = Buffer.alloc(0);
      this.count += 1;
    }
  }
}

/** One connection that sends damaged frames, and comes again when it is closed. */
async function fuzz(port: number, mutator: FrameMutator, frames: number): Promise<FuzzResult> {
  let closedCount = 0;
  let answeredCount = 0;
  for (let sent = 0; sent < frames;) {
    const socket = connect(port, '127.0.0.1');
    const counter = new FrameCounter();
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => counter.received(bytes));
    const closed = happened(socket, 'close');
    await Promise.race([happened(socket, 'connect'), closed]);
    // A damaged length word can make the broker wait for more than there is: no connection is kept for long.
    for (let writes = 0; writes < WRITES_PER_CONNECTION && sent < frames && !socket.destroyed; writes += 1) {
      const requests = Array.from({ length: FRAMES_PER_WRITE - 1 }, () => mutator.nextRequest());
      sent += FRAMES_PER_WRITE;
      await Promise.race([written(socket, Buffer.concat(requests)), closed]);
      await turn();
      // Last, because it mostly ends the connection.
      await Promise.race([written(socket, mutator.nextBytes()), closed]);
      await turn();
    }
    if (socket.destroyed) closedCount += 1;
    socket.end();
    await closed;
    answeredCount += counter.count;
  }
  return { closedCount, answeredCount };
}

/** Unlike `once` of node:events it does not mind an error. */
function happened(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve) => {
    socket.once(event, () => resolve());
  });
}

/** Lets the broker, which lives on the same event loop, work. */
async function turn(): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** A failed write is no news: the connection closes. */
function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    socket.write(bytes, () => resolve());
  });
}

function memoryBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('malformed input', () => {
  it('neither ends the broker nor disturbs others nor piles up', { timeout: 900_000 }, async () => {
    console.log(`FUZZ_SEED=${seed} FUZZ_FRAMES=${frameCount}`);
    const path = await mkdtemp(join(tmpdir(), 'centaurmq-fuzz-'));
    const broker = new Broker({
      config: resolveBrokerConfig(
        {
          listenPort: 0,
          brokerIP1: '127.0.0.1',
          storePathRootDir: path,
          mappedFileSizeCommitLog: 16 * MIB,
          commitLogBytesMax: 64 * MIB,
          maxHashSlotNum: 10_000,
          maxIndexNum: 40_000,
          // A damaged name is a name: creating topics by the thousand is not what is looked for.
          autoCreateTopicEnable: false,
          autoCreateSubscriptionGroup: false,
        },
        { hostName: 'fuzzed', address: '127.0.0.1', storePathRootDir: path },
      ),
      location: { kind: 'directory', path },
      listen: { host: '127.0.0.1', tlsMode: 'permissive' },
      transport: nodeTransport(),
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      processId: process.pid,
    });
    const { address } = await broker.start();
    const wellBehaved = new WellBehavedClient(`127.0.0.1:${address.port}`);
    try {
      for (const topic of ['Healthy', 'Fuzzed', 'FuzzedSafe']) await wellBehaved.createTopic(topic);
      for (const group of ['Healthy', 'FuzzedGroup']) await wellBehaved.createGroup(group);
      await wellBehaved.roundTrip();
      const corpus = liveTraffic();
      await fuzz(address.port, new FrameMutator(seededRandom(seed), corpus), 2000);
      const memoryBefore = memoryBytes();
      const progress = { done: false };
      const fuzzing = Promise.all(
        Array.from({ length: CONNECTIONS }, (_, index) =>
          fuzz(address.port, new FrameMutator(seededRandom(seed + index), corpus), frameCount / CONNECTIONS),
        ),
      ).finally(() => (progress.done = true));
      while (!progress.done) await wellBehaved.roundTrip();
      const results = await fuzzing;
      await wellBehaved.roundTrip();
      const memoryGrowth = memoryBytes() - memoryBefore;
      const closedCount = results.reduce((sum, result) => sum + result.closedCount, 0);
      const answeredCount = results.reduce((sum, result) => sum + result.answeredCount, 0);
      console.log(
        `${wellBehaved.sentCount} round trips beside ${frameCount} damaged frames, of which ${answeredCount} were answered; ${closedCount} connections closed; memory grew by ${Math.round(memoryGrowth / MIB)} MiB`,
      );
      expect(wellBehaved.sentCount).toBeGreaterThan(5);
      // Damage that nobody looks into would prove nothing.
      expect(answeredCount).toBeGreaterThan(frameCount / 10);
      expect(closedCount).toBeGreaterThan(0);
      expect(memoryGrowth).toBeLessThan(48 * MIB);
    } finally {
      await wellBehaved.client.close();
      await broker.stop();
      await rm(path, { recursive: true, force: true });
    }
  });
});
