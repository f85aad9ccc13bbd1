// How fast commands, headers, records and bodies are encoded and decoded in TypeScript, one core, one at a time.
import {
  PullMessageRequestHeader,
  RegisterBrokerBody,
  SendMessageRequestHeaderV2,
  SendMessageResponseHeader,
  SerializeType,
  type TopicConfig,
  TopicRouteData,
  decodeFrame,
  decodeRecords,
  encodeFrame,
  encodeRecord,
  requestCommand,
  responseTo,
  wrapTopicConfigs,
} from '@centaurmq/protocol';
import {
  type Operation,
  measureOperation,
  operationColumns,
  operationsPerSecond,
} from '../measure/operations.ts';
import type { Workload, WorkloadOptions } from '../workload.ts';

const BORN = 1_700_000_000_123;
const PROPERTIES =
  'KEYS\u0001order-1\u0002TAGS\u0001paid\u0002UNIQ_KEY\u00017F000001000A18B4AAC2000000000001\u0002WAIT\u0001true\u0002';
const RECORDS_IN_PULL = 32;
const TOPICS_IN_REGISTRATION = 1000;

const sendHeader = {
  producerGroup: 'producers',
  topic: 'BenchmarkTest',
  defaultTopic: 'TBW102',
  defaultTopicQueueNums: 4,
  queueId: 3,
  sysFlag: 0,
  bornTimestamp: BORN,
  flag: 0,
  properties: PROPERTIES,
  reconsumeTimes: 0,
  unitMode: false,
  maxReconsumeTimes: 0,
  batch: false,
  brokerName: 'broker-a',
};
const sendAnswer = {
  msgId: '7F00000100002A9F0000000000BC614E',
  queueId: 3,
  queueOffset: 12_345_678,
  transactionId: '7F000001000A18B4AAC2000000000001',
  regionId: 'DefaultRegion',
  traceOn: true,
};

type Add = (name: string, bytes: number, operation: () => void) => void;

const SUBJECT = 'TypeScript';
const operations = new Map<string, Operation>();
const add: Add = (name, bytes, run) => void operations.set(name, { bytes, run });
addFrames(add);
addRecords(add);
addBodies(add);

export const codec: Workload = {
  name: 'codec',
  title: 'The codecs in TypeScript',
  description: 'Commands, headers, records and bodies are encoded and decoded on one core, one at a time.',
  compared: operationsPerSecond,
  higherIsBetter: true,
  details: operationColumns,
  ours: [],
  rows: () => [...operations.keys()].map((name) => ({ name, subjects: [SUBJECT] })),
  open: async ({ seconds }: WorkloadOptions) => ({
    measure: (row) => measureOperation(row.name, operations, seconds),
    [Symbol.asyncDispose]: async () => undefined,
  }),
};

function addFrames(add: Add): void {
  const body = Buffer.alloc(1024, 'a');
  for (const [codec, serializeType] of Object.entries(SerializeType)) {
    const extFields = SendMessageRequestHeaderV2.encode(sendHeader);
    const request = { ...requestCommand(310, { extFields, body, serializeType }), opaque: 123_456 };
    const frame = encodeFrame(request);
    const answer = encodeFrame(
      responseTo(request, 0, { extFields: SendMessageResponseHeader.encode(sendAnswer) }),
    );
    add(`${codec}: make and encode a send of 1 KiB`, frame.length, () => {
      encodeFrame(
        requestCommand(310, {
          extFields: SendMessageRequestHeaderV2.encode(sendHeader),
          body,
          serializeType,
        }),
      );
    });
    add(`${codec}: decode a send and its header`, frame.length, () => {
      SendMessageRequestHeaderV2.decode(decodeFrame(frame).extFields);
    });
    add(`${codec}: decode a send's answer and its header`, answer.length, () => {
      SendMessageResponseHeader.decode(decodeFrame(answer).extFields);
    });
  }
  const pull = encodeFrame(requestCommand(11, { extFields: PullMessageRequestHeader.encode(pullHeader()) }));
  add('JSON: decode a pull and its header', pull.length, () => {
    PullMessageRequestHeader.decode(decodeFrame(pull).extFields);
  });
}

function pullHeader() {
  return {
    consumerGroup: 'consumers',
    topic: 'BenchmarkTest',
    queueId: 3,
    queueOffset: 12_345_678,
    maxMsgNums: 32,
    sysFlag: 3,
    commitOffset: 12_345_646,
    suspendTimeoutMillis: 15_000,
    subscription: '*',
    subVersion: BORN,
    expressionType: 'TAG',
  };
}

function addRecords(add: Add): void {
  const host = { host: '127.0.0.1', port: 10_911 };
  const record = encodeRecord(
    {
      topic: 'BenchmarkTest',
      flag: 0,
      properties: PROPERTIES,
      body: Buffer.alloc(1024, 'a'),
      queueId: 3,
      queueOffset: 12_345_678,
      commitLogOffset: 2 ** 40,
      sysFlag: 0,
      bornTimestamp: BORN,
      bornHost: host,
      storeTimestamp: BORN,
      storeHost: host,
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
    },
    { appendCrc: true },
  );
  const answer = Buffer.concat(Array.from({ length: RECORDS_IN_PULL }, () => record));
  add(`decode ${RECORDS_IN_PULL} records of 1 KiB`, answer.length, () => decodeRecords(answer));
}

function addBodies(add: Add): void {
  const names = Array.from({ length: TOPICS_IN_REGISTRATION }, (_, index) => `topic-${index}`);
  const table = new Map(names.map((topicName) => [topicName, topicConfig(topicName)]));
  const wrapper = wrapTopicConfigs(table, { counter: 1, stateVersion: 0, timestamp: BORN });
  const registration = { filterServerList: [], topicConfigSerializeWrapper: wrapper };
  const registered = RegisterBrokerBody.encode(registration);
  add(`encode a registration of ${TOPICS_IN_REGISTRATION} topics`, registered.length, () => {
    RegisterBrokerBody.encode(registration);
  });
  add(`decode a registration of ${TOPICS_IN_REGISTRATION} topics`, registered.length, () => {
    RegisterBrokerBody.decode(registered);
  });
  const brokerAddrs = new Map([[0, '10.0.0.1:10911']]);
  const route = {
    queueDatas: [{ brokerName: 'broker-a', perm: 6, readQueueNums: 8, writeQueueNums: 8, topicSysFlag: 0 }],
    brokerDatas: [
      { brokerName: 'broker-a', cluster: 'DefaultCluster', brokerAddrs, enableActingMaster: false },
    ],
    filterServerTable: new Map(),
  };
  const routed = TopicRouteData.encode(route);
  add('encode a route', routed.length, () => TopicRouteData.encode(route));
  add('decode a route', routed.length, () => TopicRouteData.decode(routed));
}

function topicConfig(topicName: string): TopicConfig {
  return {
    topicName,
    readQueueNums: 8,
    writeQueueNums: 8,
    perm: 6,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    attributes: new Map(),
  };
}
