// Promise: whatever bytes arrive, the name server answers others, closes what is malformed, and keeps nothing of it.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  encodeCompressedRegisterBrokerBody,
  encodeFrame,
  RegisterBrokerBody,
  requestCommand,
  RequestCode,
  SerializeType,
  TopicRouteData,
  wrapTopicConfigs,
} from '@centaurmq/protocol';
import type { RemotingCommand, TopicConfig } from '@centaurmq/protocol';
import { memoryKvConfigStore, NameServer } from '@centaurmq/namesrv';
import {
  addressToString,
  ManualClock,
  memoryTransport,
  nodeTransport,
  RemotingClient,
  seededRandom,
  silentLogger,
  systemClock,
} from '@centaurmq/remoting';
import type { ByteStream, Clock, Logger, Random, SocketAddress, Transport } from '@centaurmq/remoting';
import { expect, it } from 'vitest';

const seed = Number(process.env['FUZZ_SEED'] ?? 4711);
const mutationCount = Number(process.env['FUZZ_MUTATIONS'] ?? 300_000);
const SECOND = { timeoutMillis: 5_000 };
const HEAP_GROWTH_MAX_BYTES = 8 * 1024 * 1024;

const topic = (topicName: string): TopicConfig => ({
  topicName,
  readQueueNums: 4,
  writeQueueNums: 4,
  perm: 6,
  topicFilterType: 'SINGLE_TAG',
  topicSysFlag: 3,
  order: false,
  attributes: new Map([['message.type', 'NORMAL']]),
});

function registration(
  brokerName: string,
  brokerAddr: string,
  brokerId: number,
  compressed: boolean,
): RemotingCommand {
  const topics = [topic('Fuzzed'), topic('FuzzedToo'), topic(`Of-${brokerName}`)];
  const table = new Map(topics.map((config) => [config.topicName, config]));
  const content = {
    filterServerList: [],
    topicConfigSerializeWrapper: wrapTopicConfigs(table, {
      counter: 1,
      stateVersion: 0,
      timestamp: 1_700_000_000_000,
    }),
  };
  return requestCommand(RequestCode.REGISTER_BROKER, {
    body: compressed ? encodeCompressedRegisterBrokerBody(content) : RegisterBrokerBody.encode(content),
    extFields: {
      brokerName,
      brokerAddr,
      clusterName: `${brokerName}-cluster`,
      haServerAddr: brokerAddr,
      brokerId: String(brokerId),
      enableActingMaster: 'true',
      compressed: String(compressed),
    },
  });
}

/** One good request of every code, in both header codecs. */
function goodRequests(): RemotingCommand[] {
  const broker = { clusterName: 'fuzz-cluster', brokerName: 'fuzz', brokerAddr: '1.1.1.1:1', brokerId: '0' };
  const body = Buffer.from('{"counter":1,"stateVersion":0,"timestamp":1700000000000}');
  const route = TopicRouteData.encode({
    brokerDatas: [],
    filterServerTable: new Map(),
    queueDatas: [{ brokerName: 'fuzz', perm: 6, readQueueNums: 1, writeQueueNums: 1, topicSysFlag: 0 }],
  });
  const plain = [
    registration('fuzz', '1.1.1.1:1', 0, false),
    registration('fuzz', '1.1.1.2:1', 1, true),
    requestCommand(RequestCode.UNREGISTER_BROKER, { extFields: broker }),
    requestCommand(RequestCode.GET_ROUTEINFO_BY_TOPIC, {
      extFields: { topic: 'Fuzzed', __ZONE_MODE: 'true', __ZONE_NAME: 'z' },
    }),
    requestCommand(RequestCode.GET_BROKER_CLUSTER_INFO),
    requestCommand(RequestCode.GET_KV_CONFIG, { extFields: { namespace: 'n', key: 'k' } }),
    requestCommand(RequestCode.DELETE_KV_CONFIG, { extFields: { namespace: 'n', key: 'k' } }),
    requestCommand(RequestCode.GET_KVLIST_BY_NAMESPACE, { extFields: { namespace: 'n' } }),
    requestCommand(RequestCode.WIPE_WRITE_PERM_OF_BROKER, { extFields: { brokerName: 'fuzz' } }),
    requestCommand(RequestCode.ADD_WRITE_PERM_OF_BROKER, { extFields: { brokerName: 'fuzz' } }),
    requestCommand(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER),
    requestCommand(RequestCode.DELETE_TOPIC_IN_NAMESRV, {
      extFields: { topic: 'Fuzzed', clusterName: 'fuzz-cluster' },
    }),
    requestCommand(RequestCode.REGISTER_TOPIC_IN_NAMESRV, {
      extFields: { topic: 'FuzzedThree' },
      body: route,
    }),
    requestCommand(RequestCode.GET_TOPICS_BY_CLUSTER, { extFields: { cluster: 'fuzz-cluster' } }),
    requestCommand(RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS),
    requestCommand(RequestCode.GET_UNIT_TOPIC_LIST),
    requestCommand(RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST),
    requestCommand(RequestCode.UPDATE_NAMESRV_CONFIG, {
      body: Buffer.from('enableTopicList=true\norderMessageEnable=false\n'),
    }),
    requestCommand(RequestCode.GET_NAMESRV_CONFIG),
    requestCommand(RequestCode.QUERY_DATA_VERSION, { extFields: broker, body }),
    requestCommand(RequestCode.BROKER_HEARTBEAT, { extFields: broker }),
    requestCommand(RequestCode.GET_BROKER_MEMBER_GROUP, { extFields: broker }),
  ];
  const binary = plain.map((command) => ({ ...command }));
  for (const command of binary) command.serializeType = SerializeType.ROCKETMQ;
  return [...plain, ...binary];
}

const INTERESTING_BYTES = [0, 1, 0x16, 0x22, 0x2c, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xff];

/** A frame with a few bytes changed, removed or repeated; half of the time its length word is made right again. */
function mutate(frame: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(frame);
  for (let change = 1 + random.below(4); change > 0 && bytes.length > 0; change--) {
    const at = random.below(bytes.length);
    switch (random.below(5)) {
      case 0:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(6))]);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - random.below(16)))]);
        break;
      case 2:
        bytes[at] = INTERESTING_BYTES[random.below(INTERESTING_BYTES.length)] ?? 0;
        break;
      default:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    }
  }
  if (random.below(2) === 0 && bytes.length >= 8) bytes.writeInt32BE(bytes.length - 4, 0);
  return bytes;
}

class Attacker {
  closed = false;
  readonly #stream: ByteStream;

  constructor(stream: ByteStream) {
    this.#stream = stream;
    const buffer = Buffer.alloc(64 * 1024);
    stream.start({
      receiveBuffer: () => buffer,
      received: () => undefined,
      writable: () => undefined,
      closed: () => {
        this.closed = true;
      },
    });
  }

  send(bytes: Buffer): void {
    this.#stream.write(bytes);
  }

  leave(): void {
    this.#stream.destroy();
  }
}

interface World {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly mutationCount: number;
}

const worlds: [string, () => World][] = [
  [
    'in memory',
    () => {
      const clock = new ManualClock();
      return { transport: memoryTransport({ clock }), clock, mutationCount };
    },
  ],
  [
    'over real sockets',
    () => ({ transport: nodeTransport(), clock: systemClock, mutationCount: Math.ceil(mutationCount / 10) }),
  ],
];

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

it.each(worlds)(
  'the name server survives malformed input, %s',
  { timeout: 600_000 },
  async (_name, makeWorld) => {
    const world = makeWorld();
    console.log(`FUZZ_SEED=${seed} FUZZ_MUTATIONS=${world.mutationCount}`);
    const random = seededRandom(seed);
    const reasons = new Map<string, number>();
    const nameServer = new NameServer({
      transport: world.transport,
      clock: world.clock,
      logger: countingLogger(reasons),
      listen: { host: '127.0.0.1', port: 0, tlsMode: 'disabled' },
      store: memoryKvConfigStore(),
    });
    const address = await nameServer.start();
    const friend = new RemotingClient({
      name: 'friend',
      transport: world.transport,
      clock: world.clock,
      logger: silentLogger,
    });
    const greet = async (): Promise<void> => {
      const ask = requestCommand(RequestCode.GET_ROUTEINFO_BY_TOPIC, { extFields: { topic: 'Of-friend' } });
      const answer = await friend.invoke(addressToString(address), ask, SECOND);
      expect(answer.code).toBe(0);
      expect(TopicRouteData.decode(answer.body).brokerDatas.map(({ brokerName }) => brokerName)).toEqual([
        'friend',
      ]);
    };
    await friend.invoke(addressToString(address), registration('friend', '9.9.9.9:9', 0, false), SECOND);
    await greet();

    const frames = goodRequests().map((command) => encodeFrame(command));
    let heapBefore = 0;
    let done = 0;
    let connections = 0;
    while (done < world.mutationCount) {
      done += await attack(world.transport, address, frames, random);
      connections += 1;
      if (connections % 500 === 0) await greet();
      if (heapBefore === 0 && done > world.mutationCount / 4) heapBefore = await heapUsed();
    }
    await greet();
    for (let turns = 0; turns < 1000 && nameServer.connectionCount > 1; turns++) await turn();
    expect(nameServer.connectionCount).toBe(1);
    expect(reasons.get('connection closed') ?? 0).toBeGreaterThan(world.mutationCount / 100);
    expect(await knownBrokers(friend, address)).toEqual(['friend']);
    const heapGrowth = (await heapUsed()) - heapBefore;
    console.log(
      `${done} mutations on ${connections} connections; heap grew by ${Math.round(heapGrowth / 1024)} KiB over the last three quarters`,
    );
    expect(heapGrowth).toBeLessThan(HEAP_GROWTH_MAX_BYTES);
    await friend.close();
    await nameServer.stop({ drainMillis: 1000 });
  },
);

/** Sends mutated frames on one connection until it is closed or has had enough. @returns how many */
async function attack(
  transport: Transport,
  address: SocketAddress,
  frames: readonly Buffer[],
  random: Random,
): Promise<number> {
  const attacker = new Attacker(await transport.connect({ address, timeoutMillis: 5_000 }));
  let sent = 0;
  for (const most = 1 + random.below(60); sent < most && !attacker.closed;) {
    const burst: Buffer[] = [];
    for (let count = 1 + random.below(6); count > 0; count--) {
      burst.push(mutate(frames[random.below(frames.length)] ?? Buffer.alloc(0), random));
    }
    sent += burst.length;
    const bytes = Buffer.concat(burst);
    const cut = random.below(bytes.length + 1);
    attacker.send(bytes.subarray(0, cut));
    if (random.below(4) === 0) await turn();
    attacker.send(bytes.subarray(cut));
    await turn();
  }
  attacker.leave();
  await turn();
  return sent;
}

async function knownBrokers(friend: RemotingClient, address: SocketAddress): Promise<string[]> {
  const answer = await friend.invoke(
    addressToString(address),
    requestCommand(RequestCode.GET_BROKER_CLUSTER_INFO),
    SECOND,
  );
  const table = JSON.parse(Buffer.from(answer.body).toString()) as {
    brokerAddrTable: Record<string, unknown>;
  };
  return Object.keys(table.brokerAddrTable);
}

function countingLogger(messages: Map<string, number>): Logger {
  const count = (_fields: object, message: string): void =>
    void messages.set(message, (messages.get(message) ?? 0) + 1);
  return { debug: count, info: count, warn: count, error: count };
}

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

/** What is left after a full collection. */
async function heapUsed(): Promise<number> {
  await turn();
  if (typeof collectGarbage !== 'function') throw new Error('V8 gives no gc()');
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
