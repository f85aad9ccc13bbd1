// The same commands of Apache's mqadmin against a genuine cluster and ours: the same answers, apart from values that
// must differ.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startApacheCluster, produce, startConsumer, mqadmin } from '@centaurmq/apache-rocketmq';
import { startClusterUnderTest } from './cluster-under-test.ts';
import { brokerStatus, clusterRows, type ClusterNames, normalise } from './mqadmin-output.ts';

const messageCount = 10;
/**
 * Each command is a Java process per side, which works for a second and then sleeps five before it ends; with many more at
 * once their requests time out on a small machine.
 */
const commandsAtOnce = 3;

interface Side extends ClusterNames {
  readonly firstMessageId: string;
  dispose(): PromiseLike<void>;
}

let genuine: Side;
let ours: Side;
/** What each command answered, [genuine, ours]; commands of one stage run in any order, stages one after the other. */
const answers = new Map<string, readonly [string, string]>();

const stages: readonly (readonly (readonly string[])[])[] = [
  [
    ['clusterList'],
    ['topicList'],
    ['topicList', '-c'],
    ['topicRoute', '-t', 'Orders'],
    ['topicRoute', '-t', 'NoSuchTopic'],
    ['topicStatus', '-t', 'Orders'],
    ['brokerStatus', '-b', 'BROKER'],
    ['brokerStatus', '-c', 'DefaultCluster'],
    ['consumerProgress'],
    ['consumerProgress', '-g', 'orders-consumer'],
    ['consumerProgress', '-g', 'no-such-group'],
    ['queryMsgById', '-t', 'Orders', '-i', 'FIRST_MESSAGE'],
  ],
  [
    ['updateTopic', '-b', 'BROKER', '-t', 'Created', '-r', '6', '-w', '5'],
    ['updateTopic', '-c', 'DefaultCluster', '-t', 'ReadOnly', '-r', '3', '-w', '3', '-p', '4'],
    ['updateTopic', '-b', 'BROKER', '-t', 'TBW102', '-r', '6'],
    ['sendMessage', '-t', 'Orders', '-p', 'hello', '-k', 'key-1', '-c', 'TagB', '-b', 'broker-a', '-i', '1'],
  ],
  [
    ['topicRoute', '-t', 'Created'],
    ['topicRoute', '-t', 'ReadOnly'],
    ['topicStatus', '-t', 'Created'],
  ],
  [['sendMessage', '-t', 'Created', '-p', 'hello', '-b', 'broker-a', '-i', '4']],
];

beforeAll(async () => {
  genuine = await startSide(async () => {
    // Ours has neither trace topic nor records without a checksum unless told.
    const config = { traceTopicEnable: false, enabledAppendPropCRC: true };
    const cluster = await startApacheCluster({ config });
    return {
      nameServerAddress: cluster.nameServerAddress,
      brokerAddress: cluster.broker.address,
      dispose: () => cluster[Symbol.asyncDispose](),
    };
  });
  ours = await startSide(async () => {
    const cluster = await startClusterUnderTest();
    return {
      nameServerAddress: cluster.nameServerAddress,
      brokerAddress: cluster.brokerAddress,
      dispose: () => cluster[Symbol.asyncDispose](),
    };
  });
  for (const stage of stages) await runStage(stage);
});

afterAll(async () => {
  await genuine?.dispose();
  await ours?.dispose();
});

/** A cluster with a topic of ten messages that one group has consumed. */
async function startSide(start: () => Promise<Omit<Side, 'firstMessageId'>>): Promise<Side> {
  const cluster = await start();
  const namesrv = cluster.nameServerAddress;
  // Left to itself the producer begins with a random queue.
  await mqadmin(namesrv, 'updateTopic', ['-b', cluster.brokerAddress, '-t', 'Orders', '-r', '4', '-w', '4']);
  const sends = { topic: 'Orders', count: messageCount, tags: 'TagA', queue: 1 };
  const { results } = await produce('5.3.3', namesrv, sends);
  const options = { namesrv, topic: 'Orders', group: 'orders-consumer', instance: 'one' };
  await using consumer = await startConsumer('5.3.3', 'Push', options);
  await vi.waitFor(() => expect(consumer.received).toHaveLength(messageCount), { timeout: 60_000 });
  await consumer.stop();
  return { ...cluster, firstMessageId: String(results[0]?.['offsetMsgId']) };
}

async function runStage(stage: readonly (readonly string[])[]): Promise<void> {
  const waiting = [...stage];
  const worker = async (): Promise<void> => {
    for (let command = waiting.shift(); command !== undefined; command = waiting.shift()) {
      answers.set(command.join(' '), await Promise.all([run(genuine, command), run(ours, command)]));
    }
  };
  await Promise.all(Array.from({ length: commandsAtOnce }, worker));
}

function run(side: Side, [name = '', ...args]: readonly string[]): Promise<string> {
  const actual = args.map((argument) =>
    argument.replace('BROKER', side.brokerAddress).replace('FIRST_MESSAGE', side.firstMessageId),
  );
  return mqadmin(side.nameServerAddress, name, actual);
}

function answersTo(command: string): readonly [string, string] {
  const pair = answers.get(command);
  if (pair === undefined) throw new Error(`no stage runs '${command}'`);
  return pair;
}

test('clusterList', () => {
  const [expected, found] = answersTo('clusterList');
  expect(clusterRows(found, ours)).toEqual(clusterRows(expected, genuine));
});

test.each(['topicList', 'topicList -c'])('%s', (command) => {
  const [expected, found] = answersTo(command);
  expect(normalise(found, ours).split('\n').toSorted()).toEqual(
    normalise(expected, genuine).split('\n').toSorted(),
  );
});

test.each([
  'topicRoute -t Orders',
  'topicRoute -t NoSuchTopic',
  'topicRoute -t Created',
  'topicRoute -t ReadOnly',
  'topicStatus -t Orders',
  'topicStatus -t Created',
  'updateTopic -b BROKER -t Created -r 6 -w 5',
  'updateTopic -c DefaultCluster -t ReadOnly -r 3 -w 3 -p 4',
  'updateTopic -b BROKER -t TBW102 -r 6',
  'consumerProgress',
  'consumerProgress -g orders-consumer',
  'consumerProgress -g no-such-group',
  'sendMessage -t Orders -p hello -k key-1 -c TagB -b broker-a -i 1',
  'sendMessage -t Created -p hello -b broker-a -i 4',
  'queryMsgById -t Orders -i FIRST_MESSAGE',
])('%s', (command) => {
  const [expected, found] = answersTo(command);
  expect(normalise(found, ours)).toBe(normalise(expected, genuine));
});

/** Entries that say how many messages there are, what limits hold, and which version answers. */
const brokerStatusMustAgree = [
  'brokerActive',
  'brokerVersion',
  'brokerVersionDesc',
  'commitLogMinOffset',
  'dispatchBehindBytes',
  'msgGetTotalTodayNow',
  'msgGetTotalYesterdayMorning',
  'msgPutTotalTodayNow',
  'msgPutTotalYesterdayMorning',
  'putMessageTimesTotal',
  'startAcceptSendRequestTimeStamp',
];

test('brokerStatus has every entry of a genuine broker', () => {
  const [expected, found] = answersTo('brokerStatus -b BROKER').map(brokerStatus);
  if (expected === undefined || found === undefined) throw new Error('no answer');
  expect([...found.keys()]).toEqual(expect.arrayContaining([...expected.keys()]));
  for (const key of brokerStatusMustAgree) expect([key, found.get(key)]).toEqual([key, expected.get(key)]);
});

test('brokerStatus of a cluster names the broker on each line', () => {
  const [, found] = answersTo('brokerStatus -c DefaultCluster');
  const rows = found.trimEnd().split('\n');
  expect(rows.length).toBeGreaterThan(40);
  for (const row of rows) expect(row.startsWith(ours.brokerAddress)).toBe(true);
});
