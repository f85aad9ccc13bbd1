// A genuine 5.3.3 broker registers with a genuine name server and with ours; both are asked the same.
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { memoryKvConfigStore, NameServer } from '@centaurmq/namesrv';
import { crc32, parseFastJson } from '@centaurmq/protocol';
import { addressToString, nodeTransport, silentLogger, systemClock } from '@centaurmq/remoting';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  startApacheBroker,
  startApacheNameServer,
  type ApacheBroker,
  type ApacheNameServer,
  rawRequest,
} from '@centaurmq/apache-rocketmq';

const registrationTimeoutMillis = 60_000;
const pollMillis = 200;
const stranger = {
  clusterName: 'Other',
  brokerName: 'stranger',
  brokerAddr: '127.0.0.9:1',
  haServerAddr: '127.0.0.9:2',
  brokerId: '0',
};

interface Question {
  readonly what: string;
  readonly code: number;
  readonly extFields?: Record<string, string>;
  readonly body?: string;
  /** Only these members of the answer are compared; all when not given. */
  readonly compare?: readonly ('code' | 'remark' | 'extFields' | 'body')[];
}

describe('our name server beside a genuine one', () => {
  let genuine: ApacheNameServer;
  let ours: NameServer;
  let oursAddress: string;
  let broker: ApacheBroker;

  beforeAll(async () => {
    ours = new NameServer({
      transport: nodeTransport(),
      clock: systemClock,
      logger: silentLogger,
      listen: { host: '127.0.0.1', port: 0, tlsMode: 'permissive' },
      store: memoryKvConfigStore(),
    });
    oursAddress = addressToString(await ours.start());
    genuine = await startApacheNameServer();
    broker = await startApacheBroker({
      nameServerAddress: oursAddress,
      config: { namesrvAddr: `${oursAddress};${genuine.address}` },
    });
    await untilAnswer(genuine.address, 105, { topic: 'TBW102' }, 0);
  });

  afterAll(async () => {
    await broker?.kill();
    await genuine?.stop();
    await ours?.stop({ drainMillis: 1000 });
  });

  async function bothAnswer({ code, extFields = {}, body = '', compare }: Question): Promise<void> {
    const answers = await Promise.all(
      [genuine.address, oursAddress].map(async (address) => {
        const answer = await rawRequest(address, code, extFields, Buffer.from(body));
        const members = {
          code: answer.code,
          remark: answer.remark ?? null,
          extFields: answer.extFields ?? {},
          body: answer.body.length === 0 ? null : normalized(answer.body.toString()),
        };
        const chosen = compare ?? (['code', 'remark', 'extFields', 'body'] as const);
        return Object.fromEntries(chosen.map((member) => [member, members[member]]));
      }),
    );
    expect(answers[1]).toEqual(answers[0]);
  }

  const ordered: Question[] = [
    { what: 'the route of the default topic', code: 105, extFields: { topic: 'TBW102' } },
    { what: 'the route of the broker itself', code: 105, extFields: { topic: 'broker-a' } },
    { what: 'the route of an unknown topic', code: 105, extFields: { topic: 'NoSuchTopic' } },
    {
      what: 'the route in strict JSON',
      code: 105,
      extFields: { topic: 'TBW102', acceptStandardJsonOnly: 'true' },
    },
    { what: 'the cluster', code: 106 },
    { what: 'all topics', code: 206 },
    { what: 'topics of the cluster', code: 224, extFields: { cluster: 'DefaultCluster' } },
    { what: 'topics of no cluster', code: 224, extFields: { cluster: 'None' } },
    { what: 'system topics', code: 304 },
    { what: 'unit topics', code: 311 },
    { what: 'unit sub topics', code: 312 },
    { what: 'unit sub topics outside units', code: 313 },
    // The genuine answer to 901 has code 0 and the remark "not set any response code".
    {
      what: 'the broker group',
      code: 901,
      extFields: { clusterName: 'DefaultCluster', brokerName: 'broker-a' },
      compare: ['code', 'extFields', 'body'],
    },
    {
      what: 'an unknown broker group',
      code: 901,
      extFields: { clusterName: 'DefaultCluster', brokerName: 'none' },
      compare: ['code', 'extFields', 'body'],
    },
    { what: 'no KV config', code: 101, extFields: { namespace: 'N', key: 'k' } },
    { what: 'no KV list', code: 219, extFields: { namespace: 'N' } },
    { what: 'a KV config is put', code: 100, extFields: { namespace: 'N', key: 'k', value: 'v w' } },
    { what: 'the KV config', code: 101, extFields: { namespace: 'N', key: 'k' } },
    { what: 'the KV list', code: 219, extFields: { namespace: 'N' } },
    { what: 'the KV config is deleted', code: 102, extFields: { namespace: 'N', key: 'k' } },
    { what: 'the deleted KV config', code: 101, extFields: { namespace: 'N', key: 'k' } },
    { what: 'the emptied KV list', code: 219, extFields: { namespace: 'N' } },
    { what: 'a KV config of no namespace is deleted', code: 102, extFields: { namespace: 'M', key: 'k' } },
    { what: 'write permission is wiped', code: 205, extFields: { brokerName: 'broker-a' } },
    { what: 'the route without write permission', code: 105, extFields: { topic: 'TBW102' } },
    { what: 'write permission of nobody is wiped', code: 205, extFields: { brokerName: 'none' } },
    { what: 'write permission is added', code: 327, extFields: { brokerName: 'broker-a' } },
    { what: 'the route with write permission again', code: 105, extFields: { topic: 'TBW102' } },
    {
      what: 'a topic is registered',
      code: 217,
      extFields: { topic: 'Registered' },
      body: '{"queueDatas":[{"brokerName":"broker-a","perm":6,"readQueueNums":3,"writeQueueNums":2,"topicSysFlag":1}],"brokerDatas":[]}',
    },
    { what: 'the registered topic', code: 105, extFields: { topic: 'Registered' } },
    { what: 'unit topics with it', code: 311 },
    {
      what: 'a topic of an unknown broker is registered',
      code: 217,
      extFields: { topic: 'Stray' },
      body: '{"queueDatas":[{"brokerName":"none","perm":6,"readQueueNums":3,"writeQueueNums":2,"topicSysFlag":0}]}',
    },
    { what: 'that topic', code: 105, extFields: { topic: 'Stray' } },
    {
      what: 'a topic is deleted in another cluster',
      code: 216,
      extFields: { topic: 'Registered', clusterName: 'None' },
    },
    { what: 'the topic is there', code: 105, extFields: { topic: 'Registered' } },
    {
      what: 'the topic is deleted',
      code: 216,
      extFields: { topic: 'Registered', clusterName: 'DefaultCluster' },
    },
    { what: 'the topic is gone', code: 105, extFields: { topic: 'Registered' } },
    { what: 'a heartbeat of a stranger', code: 904, extFields: stranger },
    {
      what: 'the data version of a stranger',
      code: 322,
      extFields: stranger,
      body: '{"counter":1,"stateVersion":0,"timestamp":5}',
    },
    {
      what: 'a stranger registers a single topic first',
      code: 103,
      extFields: stranger,
      body: registerBody(['One']),
    },
    {
      what: 'a stranger registers with a wrong CRC',
      code: 103,
      extFields: { ...stranger, bodyCrc32: '77' },
      body: registerBody(['One', 'Two']),
    },
    {
      what: 'a stranger registers with the right CRC',
      code: 103,
      extFields: { ...stranger, bodyCrc32: String(crc32(Buffer.from(registerBody(['One', 'Two'])))) },
      body: registerBody(['One', 'Two']),
    },
    { what: 'a stranger unregisters', code: 104, extFields: stranger },
    { what: 'a black-listed configuration key', code: 318, body: 'kvConfigPath=/nowhere\n' },
    { what: 'a harmless configuration key', code: 318, body: 'enableTopicList=true\n' },
    { what: 'an unknown request code', code: 9999 },
  ];

  test.each(ordered)('both answer the same: $what', bothAnswer);

  test('both show the configuration that ours has', async () => {
    const [theirs, own] = await Promise.all([genuine.address, oursAddress].map(configOf));
    for (const [key, value] of own ?? []) {
      if (key !== 'listenPort') expect([key, theirs?.get(key)]).toEqual([key, value]);
    }
    expect(own?.size).toBeGreaterThan(10);
  });

  test('both forget the broker as soon as it is killed', async () => {
    await broker.kill();
    await Promise.all(
      [genuine.address, oursAddress].map((address) => untilAnswer(address, 105, { topic: 'TBW102' }, 17)),
    );
    await bothAnswer({ what: 'the empty cluster', code: 106 });
    await bothAnswer({ what: 'no topics', code: 206 });
  });
});

function registerBody(topics: readonly string[]): string {
  const dataVersion = { counter: 1, stateVersion: 0, timestamp: 1_700_000_000_000 };
  const topicConfigTable = Object.fromEntries(
    topics.map((topicName) => [
      topicName,
      {
        topicName,
        perm: 6,
        readQueueNums: 4,
        writeQueueNums: 4,
        topicFilterType: 'SINGLE_TAG',
        topicSysFlag: 0,
        order: false,
      },
    ]),
  );
  return JSON.stringify({
    filterServerList: [],
    topicConfigSerializeWrapper: { dataVersion, topicConfigTable },
  });
}

/** JSON with arrays in an order of their own; any other text as it is. */
function normalized(text: string): unknown {
  return text.startsWith('{') ? sorted(parseFastJson(text)) : text;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(sorted).toSorted((one, other) => digest(one).localeCompare(digest(other)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, sorted(member)]));
}

function digest(value: unknown): string {
  return createHash('sha1').update(JSON.stringify(value)).digest('hex');
}

async function configOf(address: string): Promise<Map<string, string>> {
  const { body } = await rawRequest(address, 319);
  const lines = body
    .toString()
    .split('\n')
    .filter((line) => line.includes('='));
  return new Map(
    lines.map((line): [string, string] => [
      line.slice(0, line.indexOf('=')),
      line.slice(line.indexOf('=') + 1),
    ]),
  );
}

async function untilAnswer(
  address: string,
  code: number,
  extFields: Record<string, string>,
  expected: number,
): Promise<void> {
  const deadline = performance.now() + registrationTimeoutMillis;
  for (;;) {
    const answer = await rawRequest(address, code, extFields);
    if (answer.code === expected) return;
    if (performance.now() > deadline) {
      throw new Error(
        `${address} answers ${answer.code} to request ${code}, not ${expected}, after ${registrationTimeoutMillis} ms`,
      );
    }
    await setTimeout(pollMillis);
  }
}
