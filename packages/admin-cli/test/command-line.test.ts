import {
  ClusterInfo,
  ConsumeStats,
  ConsumerConnection,
  CreateTopicRequestHeader,
  KVTable,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  TopicList,
  TopicRouteData,
  TopicStatsTable,
  responseTo,
} from '@centaurmq/protocol';
import { RemotingServer, memoryTransport, silentLogger, systemClock } from '@centaurmq/remoting';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runAdminCommandLine } from '../src/command-line.ts';

const BROKER = '127.0.0.1:10911';
const queue = (queueId: number): { topic: string; brokerName: string; queueId: number } => ({
  topic: 'Orders',
  brokerName: 'broker-a',
  queueId,
});

let transport = memoryTransport({ clock: systemClock });
let servers: RemotingServer[] = [];
let brokerRequests: RemotingCommand[] = [];
/** What the broker answers to a code; a number is an error code. */
let brokerAnswers = new Map<number, Uint8Array | number>();

beforeEach(async () => {
  transport = memoryTransport({ clock: systemClock });
  brokerRequests = [];
  brokerAnswers = new Map();
  servers = [await serve(9876, answerOfNameServer), await serve(10911, answerOfBroker)];
});

afterEach(async () => {
  for (const server of servers) await server.stop({ drainMillis: 0 });
});

async function serve(
  port: number,
  answer: (request: RemotingCommand) => RemotingCommand,
): Promise<RemotingServer> {
  const listen = { host: '127.0.0.1', port, tlsMode: 'disabled' } as const;
  const server = new RemotingServer({
    name: 'fake',
    transport,
    clock: systemClock,
    logger: silentLogger,
    listen,
  });
  server.registerDefault(answer);
  await server.start();
  return server;
}

function answerOfNameServer(request: RemotingCommand): RemotingCommand {
  const brokerData = {
    brokerName: 'broker-a',
    cluster: 'C',
    brokerAddrs: new Map([[0, BROKER]]),
    enableActingMaster: false,
  };
  const ok = (body: Uint8Array): RemotingCommand => responseTo(request, ResponseCode.SUCCESS, { body });
  switch (request.code) {
    case RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER:
      return ok(TopicList.encode({ topicList: ['Orders', '%RETRY%billing', 'Accounts'] }));
    case RequestCode.GET_BROKER_CLUSTER_INFO:
      return ok(
        ClusterInfo.encode({
          brokerAddrTable: new Map([['broker-a', brokerData]]),
          clusterAddrTable: new Map([['C', ['broker-a']]]),
        }),
      );
    case RequestCode.GET_ROUTEINFO_BY_TOPIC: {
      if (!['Orders', '%RETRY%billing'].includes(request.extFields['topic'] ?? ''))
        return responseTo(request, ResponseCode.TOPIC_NOT_EXIST);
      const queueDatas = [
        { brokerName: 'broker-a', perm: 6, readQueueNums: 2, writeQueueNums: 2, topicSysFlag: 0 },
      ];
      return ok(
        TopicRouteData.encode({ queueDatas, brokerDatas: [brokerData], filterServerTable: new Map() }),
      );
    }
    default:
      return responseTo(request, ResponseCode.SUCCESS);
  }
}

function answerOfBroker(request: RemotingCommand): RemotingCommand {
  brokerRequests.push(request);
  const answer = brokerAnswers.get(request.code);
  if (typeof answer === 'number') return responseTo(request, answer, { remark: 'because' });
  return responseTo(request, ResponseCode.SUCCESS, answer === undefined ? {} : { body: answer });
}

async function run(...args: string[]): Promise<{ exitCode: number; out: string; error: string }> {
  let out = '';
  let error = '';
  const exitCode = await runAdminCommandLine(args, {
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    nameServersDefault: '127.0.0.1:9876',
    client: { transport },
    now: () => 7_200_000,
  });
  return { exitCode, out, error };
}

test('topicList prints a topic on each line, sorted; JSON with --json', async () => {
  expect(await run('topicList')).toEqual({
    exitCode: 0,
    out: '%RETRY%billing\nAccounts\nOrders\n',
    error: '',
  });
  const { out } = await run('topicList', '--json');
  expect(JSON.parse(out)).toEqual(['%RETRY%billing', 'Accounts', 'Orders']);
});

test('topicRoute prints a table', async () => {
  const { out } = await run('topicRoute', '-t', 'Orders');
  expect(out).toBe(
    '#ClusterName  #BrokerName  #BrokerAddrs       #ReadQueue  #WriteQueue  #Perm\n' +
      'C             broker-a     0=127.0.0.1:10911  2           2            6 (RW-)\n',
  );
});

test('topicStatus shows every queue in order', async () => {
  const offsets = { minOffset: 1, maxOffset: 12_345_678_901, lastUpdateTimestamp: 0 };
  const offsetTable = new Map([
    [queue(1), offsets],
    [queue(0), { ...offsets, maxOffset: 4 }],
  ]);
  brokerAnswers.set(
    RequestCode.GET_TOPIC_STATS_INFO,
    TopicStatsTable.encode({ offsetTable, topicPutTps: 1.5 }),
  );
  const { out } = await run('topicStatus', '--topic', 'Orders');
  expect(out.split('\n')).toEqual([
    '#Broker Name  #QID  #Min Offset  #Max Offset  #Last Updated',
    'broker-a      0     1            4            N/A',
    'broker-a      1     1            12345678901  N/A',
    '',
    'Topic Put TPS: 1.5',
    '',
  ]);
});

test('updateTopic sends what is given and RocketMQ’s defaults for the rest', async () => {
  const { exitCode } = await run(
    'updateTopic',
    '-c',
    'C',
    '-t',
    'Orders',
    '-r',
    '6',
    '-a',
    '+message.type=FIFO,-reserve.time',
  );
  expect(exitCode).toBe(0);
  const header = CreateTopicRequestHeader.decode(brokerRequests[0]!.extFields);
  expect(header).toMatchObject({
    topic: 'Orders',
    defaultTopic: 'TBW102',
    readQueueNums: 6,
    writeQueueNums: 8,
    perm: 6,
    topicFilterType: 'SINGLE_TAG',
    order: false,
    attributes: '+message.type=FIFO,-reserve.time',
  });
});

test('deleteTopic asks the masters of the cluster', async () => {
  expect(await run('deleteTopic', '-t', 'Orders', '-c', 'C')).toMatchObject({ exitCode: 0 });
  expect(brokerRequests.map(({ code, extFields }) => [code, extFields['topic']])).toEqual([
    [RequestCode.DELETE_TOPIC_IN_BROKER, 'Orders'],
  ]);
});

test('clusterList shows the load of a broker, and says why one cannot be asked', async () => {
  const table = new Map([
    ['brokerVersionDesc', 'V5_3_3'],
    ['putTps', '12.5 3.0 1.0'],
    ['getTransferredTps', '7.25 1 1'],
    ['earliestMessageTimeStamp', '3600000'],
    ['commitLogDiskRatio', '0.25'],
    ['brokerActive', 'true'],
  ]);
  brokerAnswers.set(RequestCode.GET_BROKER_RUNTIME_INFO, KVTable.encode({ table }));
  const { out } = await run('clusterList', '--json');
  expect(JSON.parse(out)).toEqual([
    {
      cluster: 'C',
      brokerName: 'broker-a',
      brokerId: 0,
      address: BROKER,
      version: 'V5_3_3',
      inTps: 12.5,
      outTps: 7.25,
      hours: 1,
      space: 0.25,
      activated: true,
    },
  ]);
  brokerAnswers.set(RequestCode.GET_BROKER_RUNTIME_INFO, ResponseCode.SYSTEM_BUSY);
  const busy = await run('clusterList');
  expect(busy.exitCode).toBe(0);
  expect(busy.out).toContain('SYSTEM_BUSY (2): because');
});

test('consumerProgress of a group adds up what is not consumed', async () => {
  const wrapper = { brokerOffset: 10, consumerOffset: 4, pullOffset: 6, lastTimestamp: 0 };
  const offsetTable = new Map([
    [queue(0), wrapper],
    [queue(1), wrapper],
  ]);
  brokerAnswers.set(RequestCode.GET_CONSUME_STATS, ConsumeStats.encode({ consumeTps: 2.5, offsetTable }));
  const { out } = await run('consumerProgress', '-g', 'billing');
  expect(out).toContain(
    'Orders  broker-a      0     10              4                 6      2          N/A',
  );
  expect(out).toContain('Consume TPS: 2.50\nConsume Diff Total: 12\nConsume Inflight Total: 4\n');
});

test('consumerProgress of all groups: online, offline', async () => {
  brokerAnswers.set(RequestCode.GET_CONSUMER_CONNECTION_LIST, ResponseCode.CONSUMER_NOT_ONLINE);
  brokerAnswers.set(
    RequestCode.GET_CONSUME_STATS,
    ConsumeStats.encode({ consumeTps: 0, offsetTable: new Map() }),
  );
  expect(JSON.parse((await run('consumerProgress', '--json')).out)).toEqual([
    { group: 'billing', count: 0, version: 'OFFLINE', type: '', model: '', tps: 0, diffTotal: 0 },
  ]);
  const connection = { clientAddr: '10.0.0.1:5', clientId: 'c', language: 'JAVA', version: 479 };
  const online = ConsumerConnection.encode({
    connectionSet: [connection],
    consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
    consumeType: 'CONSUME_PASSIVELY',
    messageModel: 'CLUSTERING',
    subscriptionTable: new Map(),
  });
  brokerAnswers.set(RequestCode.GET_CONSUMER_CONNECTION_LIST, online);
  expect(JSON.parse((await run('consumerProgress', '--json')).out)).toMatchObject([
    { group: 'billing', count: 1, version: 'V5_3_3', type: 'PUSH', model: 'CLUSTERING' },
  ]);
});

test.each([
  [['topicRoute'], 'required option'],
  [['nonsense'], 'unknown command'],
  [['topicLst'], 'Did you mean topicList'],
  [['topicRoute', '-t', 'Orders', '--nonsense'], 'unknown option'],
  [['updateTopic', '-t', 'Orders'], 'exactly one of -b (a broker) and -c (a cluster)'],
  [['updateTopic', '-t', 'Orders', '-b', BROKER, '-c', 'C'], 'exactly one of'],
  [['updateTopic', '-t', 'Orders', '-b', BROKER, '-r', '0'], 'Expected a whole number from 1 to 65535'],
  [['updateTopic', '-t', 'Orders', '-b', BROKER, '-p', '7'], 'Expected 2 (write), 4 (read) or 6 (both)'],
  [['updateTopic', '-t', 'a b', '-b', BROKER], 'illegal characters'],
  [['consumerProgress', '-t', 'Orders'], '-t needs -g'],
  [['topicList', '-n', 'nowhere'], 'expected host:port'],
])('wrong usage ends with 2 and says what is wrong: %j', async (args, reason) => {
  const { exitCode, out, error } = await run(...args);
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
  expect(error).toContain(reason);
  expect(brokerRequests).toEqual([]);
});

test.each([
  [['topicRoute', '-t', 'Nothing'], 'no name server has a route of topic Nothing'],
  [['topicList', '-n', '127.0.0.1:1'], 'no name server answered'],
  [['updateTopic', '-t', 'T', '-c', 'Other'], 'there is no cluster Other; the name server knows: C'],
  [['clusterList', '-c', 'Other'], 'there is no cluster Other'],
])('a failure ends with 1 and says why: %j', async (args, reason) => {
  const { exitCode, out, error } = await run(...args);
  expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
  expect(error).toContain(reason);
});

test('what a broker refuses is told in its own words', async () => {
  brokerAnswers.set(RequestCode.UPDATE_AND_CREATE_TOPIC, ResponseCode.NO_PERMISSION);
  const { exitCode, error } = await run('updateTopic', '-t', 'Orders', '-b', BROKER);
  expect(exitCode).toBe(1);
  expect(error).toContain(`${BROKER} answered UPDATE_AND_CREATE_TOPIC with NO_PERMISSION (16): because`);
});

test('help and version are no failure', async () => {
  expect(await run('--help')).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('consumerProgress'),
  });
  expect(await run('topicRoute', '--help')).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('--namesrvAddr'),
  });
  expect(await run('--version')).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});
