import {
  ClusterInfo,
  crc32,
  DataVersion,
  encodeCompressedRegisterBrokerBody,
  GetBrokerMemberGroupResponseBody,
  KVTable,
  RegisterBrokerBody,
  requestCommand,
  RequestCode,
  ResponseCode,
  TopicList,
  TopicRouteData,
  wrapTopicConfigs,
} from '@centaurmq/protocol';
import type { RemotingCommand, TopicConfig } from '@centaurmq/protocol';
import {
  addressToString,
  ManualClock,
  memoryTransport,
  RemotingClient,
  RemotingServer,
  silentLogger,
} from '@centaurmq/remoting';
import type { Transport } from '@centaurmq/remoting';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryKvConfigStore, NameServer } from '../src/index.ts';
import type { KvConfigStore, NamesrvConfig } from '../src/index.ts';
import { NOW, topicConfig } from './routeinfo/registrations.ts';

const SECOND = { timeoutMillis: 3_000 };

interface BrokerOptions {
  readonly brokerName?: string;
  readonly brokerId?: number;
  readonly addr?: string;
  readonly topics?: readonly TopicConfig[];
  readonly counter?: number;
  readonly extFields?: Record<string, string>;
  readonly compressed?: boolean;
}

function registerRequest(options: BrokerOptions = {}): RemotingCommand {
  const {
    brokerName = 'broker-a',
    brokerId = 0,
    addr = '10.0.0.1:10911',
    counter = 1,
    compressed = false,
  } = options;
  const topics = options.topics ?? [topicConfig('TopicA'), topicConfig('TopicB')];
  const table = new Map(topics.map((topic) => [topic.topicName, topic]));
  const content = {
    filterServerList: [],
    topicConfigSerializeWrapper: wrapTopicConfigs(table, { counter, stateVersion: 0, timestamp: NOW }),
  };
  const body = compressed ? encodeCompressedRegisterBrokerBody(content) : RegisterBrokerBody.encode(content);
  return requestCommand(RequestCode.REGISTER_BROKER, {
    body,
    extFields: {
      brokerName,
      brokerAddr: addr,
      clusterName: 'DefaultCluster',
      haServerAddr: addr.replace('10911', '10912'),
      brokerId: String(brokerId),
      enableActingMaster: 'false',
      compressed: String(compressed),
      bodyCrc32: String(crc32(body)),
      ...options.extFields,
    },
  });
}

describe('a NameServer', () => {
  let clock: ManualClock;
  let transport: Transport;
  let store: KvConfigStore;
  let broker: RemotingClient;
  let tool: RemotingClient;
  const started: NameServer[] = [];

  beforeEach(() => {
    clock = new ManualClock(NOW);
    transport = memoryTransport({ clock });
    store = memoryKvConfigStore();
    broker = new RemotingClient({ name: 'broker', transport, clock, logger: silentLogger });
    tool = new RemotingClient({ name: 'tool', transport, clock, logger: silentLogger });
  });

  afterEach(async () => {
    await broker.close();
    await tool.close();
    await Promise.all(started.splice(0).map((server) => server.stop({ drainMillis: 100 })));
    await clock.advance(0);
    expect(clock.pendingTimerCount).toBe(0);
  });

  async function start(
    config: Partial<NamesrvConfig> = {},
    saveConfig?: (text: string) => Promise<void>,
  ): Promise<string> {
    const server = new NameServer({
      transport,
      clock,
      logger: silentLogger,
      listen: { host: '127.0.0.1', port: 0, tlsMode: 'disabled' },
      store,
      config,
      ...(saveConfig === undefined ? {} : { saveConfig }),
    });
    started.push(server);
    return addressToString(await server.start());
  }

  function ask(
    address: string,
    code: number,
    extFields: Record<string, string> = {},
    body?: Uint8Array,
  ): Promise<RemotingCommand> {
    return tool.invoke(
      address,
      requestCommand(code, { extFields, ...(body === undefined ? {} : { body }) }),
      SECOND,
    );
  }

  async function route(address: string, topic: string): Promise<TopicRouteData | null> {
    const answer = await ask(address, RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic });
    return answer.code === ResponseCode.SUCCESS ? TopicRouteData.decode(answer.body) : null;
  }

  it('answers routes in strict JSON, sorted, and 17 for an unknown topic', async () => {
    const address = await start();
    expect(await broker.invoke(address, registerRequest(), SECOND)).toMatchObject({ code: 0 });
    const answer = await ask(address, RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'TopicA' });
    expect(Buffer.from(answer.body).toString()).toBe(
      '{"brokerDatas":[{"brokerAddrs":{"0":"10.0.0.1:10911"},"brokerName":"broker-a","cluster":"DefaultCluster","enableActingMaster":false}],' +
        '"filterServerTable":{},"queueDatas":[{"brokerName":"broker-a","perm":6,"readQueueNums":8,"topicSysFlag":0,"writeQueueNums":8}]}',
    );
    expect(await ask(address, RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'Nowhere' })).toMatchObject({
      code: ResponseCode.TOPIC_NOT_EXIST,
      remark:
        'No topic route info in name server for the topic: Nowhere\n' +
        'See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.',
    });
  });

  it('takes compressed registrations, and refuses a wrong CRC and a single first topic', async () => {
    const address = await start();
    const wrong = registerRequest({ extFields: { bodyCrc32: '12345' } });
    expect(await broker.invoke(address, wrong, SECOND)).toMatchObject({ code: 1, remark: 'crc32 not match' });
    const single = registerRequest({ topics: [topicConfig('Only')] });
    expect(await broker.invoke(address, single, SECOND)).toMatchObject({
      code: 1,
      remark: 'register broker failed',
    });
    expect(await broker.invoke(address, registerRequest({ compressed: true }), SECOND)).toMatchObject({
      code: 0,
    });
    expect((await route(address, 'TopicB'))?.queueDatas).toMatchObject([{ readQueueNums: 8, perm: 6 }]);
    const broken = registerRequest({ extFields: { bodyCrc32: '0' } });
    expect(await broker.invoke(address, { ...broken, body: Buffer.from('{"half') }, SECOND)).toMatchObject({
      code: 1,
    });
    expect(await route(address, 'TopicB')).not.toBeNull();
  });

  it('tells a slave where its master is', async () => {
    const address = await start();
    await broker.invoke(address, registerRequest(), SECOND);
    const answer = await broker.invoke(
      address,
      registerRequest({ brokerId: 1, addr: '10.0.0.2:10911' }),
      SECOND,
    );
    expect(answer.extFields).toEqual({ haServerAddr: '10.0.0.1:10912', masterAddr: '10.0.0.1:10911' });
    const group = await ask(address, RequestCode.GET_BROKER_MEMBER_GROUP, {
      clusterName: 'DefaultCluster',
      brokerName: 'broker-a',
    });
    expect(GetBrokerMemberGroupResponseBody.decode(group.body).brokerMemberGroup.brokerAddrs).toEqual(
      new Map([
        [0, '10.0.0.1:10911'],
        [1, '10.0.0.2:10911'],
      ]),
    );
    const cluster = ClusterInfo.decode((await ask(address, RequestCode.GET_BROKER_CLUSTER_INFO)).body);
    expect(cluster.clusterAddrTable).toEqual(new Map([['DefaultCluster', ['broker-a']]]));
    expect(cluster.brokerAddrTable.get('broker-a')?.brokerAddrs.size).toBe(2);
  });

  it('forgets a broker at once when its connection closes', async () => {
    const address = await start();
    await broker.invoke(address, registerRequest(), SECOND);
    expect(await route(address, 'TopicA')).not.toBeNull();
    await broker.close(address);
    await clock.advance(0);
    expect(await route(address, 'TopicA')).toBeNull();
  });

  it('forgets a broker that keeps its connection and says nothing, but not one that shows signs of life', async () => {
    const address = await start();
    const id = {
      clusterName: 'DefaultCluster',
      brokerAddr: '10.0.0.1:10911',
      brokerName: 'broker-a',
      brokerId: '0',
    };
    await broker.invoke(address, registerRequest({ extFields: { heartbeatTimeoutMillis: '10000' } }), SECOND);
    await clock.advance(9_000);
    await broker.invoke(address, requestCommand(RequestCode.BROKER_HEARTBEAT, { extFields: id }), SECOND);
    await clock.advance(9_000);
    const body = DataVersion.encode({ counter: 1, stateVersion: 0, timestamp: NOW });
    const version = await broker.invoke(
      address,
      requestCommand(RequestCode.QUERY_DATA_VERSION, { extFields: id, body }),
      SECOND,
    );
    expect(version.extFields).toEqual({ changed: 'false' });
    expect(DataVersion.decode(version.body)).toEqual({ counter: 1, stateVersion: 0, timestamp: NOW });
    await clock.advance(10_000);
    expect(await route(address, 'TopicA')).not.toBeNull();
    await clock.advance(5_000);
    expect(await route(address, 'TopicA')).toBeNull();
    expect(broker.connectionCount).toBe(0);
    expect(
      await broker.invoke(
        address,
        requestCommand(RequestCode.QUERY_DATA_VERSION, { extFields: id, body }),
        SECOND,
      ),
    ).toMatchObject({
      extFields: { changed: 'true' },
    });
  });

  it('unregisters before it answers', async () => {
    const address = await start();
    await broker.invoke(address, registerRequest(), SECOND);
    await broker.invoke(address, registerRequest({ brokerName: 'broker-b', addr: '10.0.0.2:10911' }), SECOND);
    const id = {
      clusterName: 'DefaultCluster',
      brokerAddr: '10.0.0.1:10911',
      brokerName: 'broker-a',
      brokerId: '0',
    };
    await broker.invoke(address, requestCommand(RequestCode.UNREGISTER_BROKER, { extFields: id }), SECOND);
    expect((await route(address, 'TopicA'))?.brokerDatas.map(({ brokerName }) => brokerName)).toEqual([
      'broker-b',
    ]);
  });

  it('lists topics, and says so when that is switched off', async () => {
    const address = await start();
    await broker.invoke(
      address,
      registerRequest({
        topics: [
          topicConfig('B'),
          topicConfig('A', { topicSysFlag: 1 }),
          topicConfig('C', { topicSysFlag: 3 }),
        ],
      }),
      SECOND,
    );
    const lists: [number, Record<string, string>, string[]][] = [
      [RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, {}, ['A', 'B', 'C']],
      [RequestCode.GET_TOPICS_BY_CLUSTER, { cluster: 'DefaultCluster' }, ['A', 'B', 'C']],
      [RequestCode.GET_TOPICS_BY_CLUSTER, { cluster: 'None' }, []],
      [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS, {}, ['DefaultCluster', 'broker-a']],
      [RequestCode.GET_UNIT_TOPIC_LIST, {}, ['A', 'C']],
      [RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST, {}, ['C']],
      [RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, {}, []],
    ];
    for (const [code, extFields, topics] of lists) {
      expect(TopicList.decode((await ask(address, code, extFields)).body).topicList, `code ${code}`).toEqual(
        topics,
      );
    }
    const closed = await start({ enableTopicList: false, enableAllTopicList: false });
    for (const [code, extFields] of lists.filter(
      ([code]) => code !== RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS,
    )) {
      expect(await ask(closed, code, extFields), `code ${code}`).toMatchObject({
        code: 1,
        remark: 'disable',
      });
    }
  });

  it('changes routes for tools', async () => {
    const address = await start();
    await broker.invoke(address, registerRequest(), SECOND);
    expect(
      (await ask(address, RequestCode.WIPE_WRITE_PERM_OF_BROKER, { brokerName: 'broker-a' })).extFields,
    ).toEqual({ wipeTopicCount: '2' });
    expect((await route(address, 'TopicA'))?.queueDatas[0]?.perm).toBe(4);
    await broker.invoke(address, registerRequest(), SECOND);
    expect((await route(address, 'TopicA'))?.queueDatas[0]?.perm).toBe(4);
    expect(
      (await ask(address, RequestCode.ADD_WRITE_PERM_OF_BROKER, { brokerName: 'broker-a' })).extFields,
    ).toEqual({ addTopicCount: '2' });
    expect((await route(address, 'TopicA'))?.queueDatas[0]?.perm).toBe(6);
    await ask(address, RequestCode.DELETE_TOPIC_IN_NAMESRV, {
      topic: 'TopicA',
      clusterName: 'DefaultCluster',
    });
    expect(await route(address, 'TopicA')).toBeNull();
    const body = TopicRouteData.encode({
      brokerDatas: [],
      filterServerTable: new Map(),
      queueDatas: [{ brokerName: 'broker-a', perm: 6, readQueueNums: 3, writeQueueNums: 3, topicSysFlag: 0 }],
    });
    await ask(address, RequestCode.REGISTER_TOPIC_IN_NAMESRV, { topic: 'TopicA' }, body);
    expect((await route(address, 'TopicA'))?.queueDatas[0]?.readQueueNums).toBe(3);
  });

  it('keeps the KV config, and gives order topics to clients and brokers', async () => {
    const address = await start({ orderMessageEnable: true });
    const order = { namespace: 'ORDER_TOPIC_CONFIG', key: 'TopicA' };
    expect(await ask(address, RequestCode.GET_KV_CONFIG, order)).toMatchObject({
      code: ResponseCode.QUERY_NOT_FOUND,
      remark: 'No config item, Namespace: ORDER_TOPIC_CONFIG Key: TopicA',
    });
    expect(await ask(address, RequestCode.GET_KVLIST_BY_NAMESPACE, order)).toMatchObject({
      code: ResponseCode.QUERY_NOT_FOUND,
    });
    expect((await broker.invoke(address, registerRequest(), SECOND)).body.length).toBe(0);
    await ask(address, RequestCode.PUT_KV_CONFIG, { ...order, value: 'broker-a:8' });
    expect((await ask(address, RequestCode.GET_KV_CONFIG, order)).extFields).toEqual({ value: 'broker-a:8' });
    const list = await ask(address, RequestCode.GET_KVLIST_BY_NAMESPACE, order);
    expect(KVTable.decode(list.body).table).toEqual(new Map([['TopicA', 'broker-a:8']]));
    const registered = await broker.invoke(address, registerRequest(), SECOND);
    expect(KVTable.decode(registered.body).table.get('TopicA')).toBe('broker-a:8');
    expect((await route(address, 'TopicA'))?.orderTopicConf).toBe('broker-a:8');
    expect((await route(address, 'TopicB'))?.orderTopicConf).toBeUndefined();
    const next = await start();
    expect((await ask(next, RequestCode.GET_KV_CONFIG, order)).extFields).toEqual({ value: 'broker-a:8' });
    await ask(address, RequestCode.DELETE_KV_CONFIG, order);
    expect(await ask(address, RequestCode.GET_KV_CONFIG, order)).toMatchObject({
      code: ResponseCode.QUERY_NOT_FOUND,
    });
  });

  it('shows and changes its configuration', async () => {
    const saved: string[] = [];
    const address = await start({}, (text) => Promise.resolve(void saved.push(text)));
    const shown = Buffer.from((await ask(address, RequestCode.GET_NAMESRV_CONFIG)).body).toString();
    expect(shown).toContain('\nenableTopicList=true\n');
    expect(shown).toContain('\nscanNotActiveBrokerInterval=5000\n');
    const update = (text: string): Promise<RemotingCommand> =>
      ask(address, RequestCode.UPDATE_NAMESRV_CONFIG, {}, Buffer.from(text));
    expect(await update('enableTopicList=false\nnoSuchKey=1\n')).toMatchObject({ code: 0 });
    expect(await ask(address, RequestCode.GET_UNIT_TOPIC_LIST)).toMatchObject({ remark: 'disable' });
    expect(saved).toHaveLength(1);
    expect(saved[0]).toContain('enableTopicList=false\n');
    expect(await update('kvConfigPath=/tmp/x\n')).toMatchObject({
      code: 16,
      remark: 'Can not update config in black list.',
    });
    expect(await update('scanNotActiveBrokerInterval=soon\n')).toMatchObject({
      code: ResponseCode.INVALID_PARAMETER,
    });
    expect(saved).toHaveLength(1);
  });

  it('answers no route while it waits for brokers, when told to wait', async () => {
    const address = await start({ needWaitForService: true });
    await broker.invoke(address, registerRequest(), SECOND);
    expect(await ask(address, RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'TopicA' })).toMatchObject({
      code: 1,
      remark: 'name server not ready',
    });
    await clock.advance(45_000);
    expect(await route(address, 'TopicA')).not.toBeNull();
  });

  it('answers with the near zone only, when asked so', async () => {
    const address = await start();
    await broker.invoke(address, registerRequest({ extFields: { __ZONE_NAME: 'east' } }), SECOND);
    await broker.invoke(
      address,
      registerRequest({ brokerName: 'broker-b', addr: '10.0.0.2:10911', extFields: { __ZONE_NAME: 'west' } }),
      SECOND,
    );
    const near = await ask(address, RequestCode.GET_ROUTEINFO_BY_TOPIC, {
      topic: 'TopicA',
      __ZONE_MODE: 'true',
      __ZONE_NAME: 'west',
    });
    expect(TopicRouteData.decode(near.body).brokerDatas).toMatchObject([
      { brokerName: 'broker-b', zoneName: 'west' },
    ]);
    expect((await route(address, 'TopicA'))?.brokerDatas).toHaveLength(2);
  });

  it('tells brokers that the smallest id of their group changed', async () => {
    const told: Record<string, string>[] = [];
    const slave = new RemotingServer({
      name: 'slave',
      transport,
      clock,
      logger: silentLogger,
      listen: { host: '127.0.0.1', port: 0, tlsMode: 'disabled' },
    });
    slave.register(RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE, (request) => {
      told.push(request.extFields);
      return null;
    });
    const slaveAddr = addressToString(await slave.start());
    const address = await start({ notifyMinBrokerIdChanged: true });
    const acting = { extFields: { enableActingMaster: 'true' } };
    await broker.invoke(address, registerRequest(acting), SECOND);
    await tool.invoke(address, registerRequest({ ...acting, brokerId: 1, addr: slaveAddr }), SECOND);
    await broker.close(address);
    await clock.advance(0);
    expect(told).toEqual([
      {
        minBrokerId: '1',
        brokerName: 'broker-a',
        minBrokerAddr: slaveAddr,
        offlineBrokerAddr: '10.0.0.1:10911',
      },
    ]);
    await slave.stop({ drainMillis: 100 });
  });

  it('says code 1 for a missing field and code 3 for what it does not know', async () => {
    const address = await start();
    expect(await ask(address, RequestCode.GET_ROUTEINFO_BY_TOPIC)).toMatchObject({
      code: 1,
      remark: expect.stringContaining('topic'),
    });
    expect(await ask(address, RequestCode.SEND_MESSAGE)).toMatchObject({
      code: 3,
      remark: ' request type 10 not supported',
    });
  });

  it('needs no word from other name servers: each knows whoever registered with it', async () => {
    const addresses = await Promise.all([start(), start(), start()]);
    await Promise.all(addresses.map((address) => broker.invoke(address, registerRequest(), SECOND)));
    await broker.invoke(
      addresses[1] ?? '',
      registerRequest({ brokerName: 'broker-b', addr: '10.0.0.2:10911' }),
      SECOND,
    );
    const brokersBy = async (): Promise<(number | undefined)[]> =>
      Promise.all(addresses.map(async (address) => (await route(address, 'TopicA'))?.brokerDatas.length));
    expect(await brokersBy()).toEqual([1, 2, 1]);
    const [first] = started.splice(0, 1);
    await Promise.all([first?.stop({ drainMillis: 100 }), clock.advance(200)]);
    await expect(route(addresses[0] ?? '', 'TopicA')).rejects.toMatchObject({ name: 'RemotingConnectError' });
    addresses.shift();
    expect(await brokersBy()).toEqual([2, 1]);
    const restarted = await start();
    expect(await route(restarted, 'TopicA')).toBeNull();
    await broker.invoke(restarted, registerRequest(), SECOND);
    expect(await route(restarted, 'TopicA')).not.toBeNull();
  });
});
