// One value of every body that we write, with the class that Apache RocketMQ reads it with.
import {
  type Body,
  BrokerStatsData,
  buildSubscriptionData,
  CheckClientRequestBody,
  ClusterInfo,
  ConsumeMessageDirectlyResult,
  ConsumerConnection,
  ConsumerOffsetSerializeWrapper,
  ConsumerRunningInfo,
  ConsumeStats,
  ConsumeStatsList,
  CreateTopicListRequestBody,
  DataVersion,
  defaultSubscriptionGroupConfig,
  GetBrokerMemberGroupResponseBody,
  GetConsumerListByGroupResponseBody,
  GetConsumerStatusBody,
  GroupForbidden,
  GroupList,
  HeartbeatData,
  KVTable,
  LockBatchRequestBody,
  LockBatchResponseBody,
  ProducerConnection,
  ProducerTableInfo,
  QueryAssignmentRequestBody,
  QueryAssignmentResponseBody,
  QueryConsumeQueueResponseBody,
  QueryConsumeTimeSpanBody,
  QueryCorrectionOffsetBody,
  QuerySubscriptionResponseBody,
  RegisterBrokerBody,
  ResetOffsetBody,
  SetMessageRequestModeRequestBody,
  SubscriptionData,
  SubscriptionGroupConfig,
  SubscriptionGroupList,
  SubscriptionGroupWrapper,
  TopicConfig,
  TopicConfigAndMappingSerializeWrapper,
  TopicList,
  TopicRouteData,
  TopicStatsTable,
  wrapTopicConfigs,
} from '@centaurmq/protocol';
import { expect } from 'vitest';

const time = 1_700_000_000_123;
const version: DataVersion = { counter: 7, stateVersion: 0, timestamp: time };
const queue = { topic: 'Grün-T', brokerName: 'broker-a', queueId: 1 };
const otherQueue = { ...queue, queueId: 2 };
const brokerAddrs = new Map([
  [0, '10.0.0.1:10911'],
  [1, '[2001:db8::1]:10911'],
]);
const brokerData = {
  brokerName: 'broker-a',
  cluster: 'DefaultCluster',
  brokerAddrs,
  enableActingMaster: false,
};
const topicConfig: TopicConfig = {
  topicName: 'T',
  readQueueNums: 4,
  writeQueueNums: 8,
  perm: 6,
  topicFilterType: 'MULTI_TAG',
  topicSysFlag: 2,
  order: true,
  attributes: new Map([['message.type', 'FIFO']]),
};
const subscription = buildSubscriptionData('T', 'TagA || Größe', time);
const connection = { clientAddr: '127.0.0.1:1', clientId: 'c@1', language: 'NODE_JS', version: 479 };
const offsets = { brokerOffset: 2 ** 52, consumerOffset: 5, pullOffset: 6, lastTimestamp: time };
const topicOffset = { minOffset: 0, maxOffset: 2 ** 52, lastUpdateTimestamp: time };
const consumeStats = { consumeTps: 1.5, offsetTable: new Map([[queue, offsets]]) };
const statistics = { avgpt: 0.5, sum: 7, tps: 0 };
const processQueue = {
  commitOffset: 1,
  cachedMsgMinOffset: 2,
  cachedMsgMaxOffset: 3,
  cachedMsgCount: 4,
  cachedMsgSizeInMiB: 5,
  transactionMsgMinOffset: 6,
  transactionMsgMaxOffset: 7,
  transactionMsgCount: 8,
  locked: true,
  tryUnlockTimes: 9,
  lastLockTimestamp: time,
  droped: true,
  lastPullTimestamp: time,
  lastConsumeTimestamp: time,
};
const consumeStatus = {
  pullRT: 1,
  pullTPS: 2.5,
  consumeRT: 3,
  consumeOKTPS: 4,
  consumeFailedTPS: 5,
  consumeFailedMsgs: 6,
};
const retrying: SubscriptionGroupConfig = {
  ...defaultSubscriptionGroupConfig('g'),
  groupRetryPolicy: { type: 'EXPONENTIAL', exponentialRetryPolicy: { initial: 5, max: 6, multiplier: 7 } },
  subscriptionDataSet: [{ topic: 'T', expressionType: 'TAG', expression: 'a', version: 3 }],
};

const locking: LockBatchRequestBody = {
  clientId: 'c',
  consumerGroup: 'g',
  mqSet: [queue, otherQueue],
  onlyThisBroker: true,
};
const groups: SubscriptionGroupWrapper = {
  dataVersion: version,
  subscriptionGroupTable: new Map([['g', retrying]]),
  forbiddenTable: new Map([['g', new Map([['T', 2]])]]),
};

export const registration: RegisterBrokerBody = {
  filterServerList: [],
  topicConfigSerializeWrapper: wrapTopicConfigs(new Map([['T', topicConfig]]), version),
};

/** A body written by us, and what must be true of what Java wrote after reading it. */
export interface OurBody {
  readonly javaClass: string;
  readonly bytes: Buffer;
  /** Reads a body of this kind. */
  readonly read: (bytes: Uint8Array) => unknown;
  /** What comes back: what was sent, but for sets, which have no order, and members that Java's class has not. */
  readonly expected: unknown;
}

function ours<T>(folder: string, body: Body<T>, value: T, comesBackAs: unknown = value): OurBody {
  const javaClass = `org.apache.rocketmq.${folder}.${body.name}`;
  return { javaClass, bytes: body.encode(value), read: body.decode, expected: comesBackAs };
}

const inBody = 'remoting.protocol.body';

export const ourBodies: readonly OurBody[] = [
  ours('remoting.protocol', DataVersion, version),
  ours('common', TopicConfig, topicConfig),
  ours(inBody, TopicConfigAndMappingSerializeWrapper, registration.topicConfigSerializeWrapper),
  ours(inBody, RegisterBrokerBody, registration),
  ours(inBody, CreateTopicListRequestBody, { topicConfigList: [topicConfig] }),
  ours(inBody, TopicList, { topicList: ['T', '%RETRY%g'], brokerAddr: '10.0.0.1:10911' }),
  ours('remoting.protocol.route', TopicRouteData, {
    queueDatas: [{ brokerName: 'broker-a', perm: 6, readQueueNums: 4, writeQueueNums: 8, topicSysFlag: 2 }],
    brokerDatas: [{ ...brokerData, zoneName: 'z' }],
    filterServerTable: new Map(),
    orderTopicConf: 'broker-a:8',
  }),
  ours(inBody, ClusterInfo, {
    brokerAddrTable: new Map([['broker-a', brokerData]]),
    clusterAddrTable: new Map([['DefaultCluster', ['broker-a']]]),
  }),
  ours(inBody, GetBrokerMemberGroupResponseBody, {
    brokerMemberGroup: { brokerName: 'broker-a', cluster: 'DefaultCluster', brokerAddrs },
  }),
  ours(inBody, KVTable, { table: new Map([['putTps', '0.0 0.0 0.0']]) }),
  ours('remoting.protocol.heartbeat', SubscriptionData, subscription),
  ours('remoting.protocol.heartbeat', HeartbeatData, {
    clientID: 'c@1',
    producerDataSet: [{ groupName: 'p' }],
    consumerDataSet: [
      {
        groupName: 'g',
        consumeType: 'CONSUME_PASSIVELY',
        messageModel: 'BROADCASTING',
        consumeFromWhere: 'CONSUME_FROM_TIMESTAMP',
        subscriptionDataSet: [subscription],
        unitMode: false,
      },
    ],
    heartbeatFingerprint: 12,
    withoutSub: false,
  }),
  ours(inBody, CheckClientRequestBody, {
    clientId: 'c',
    group: 'g',
    subscriptionData: subscription,
    namespace: 'n',
  }),
  ours(inBody, ConsumerConnection, {
    connectionSet: [connection],
    consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
    consumeType: 'CONSUME_ACTIVELY',
    messageModel: 'CLUSTERING',
    subscriptionTable: new Map([['T', subscription]]),
  }),
  ours(inBody, ProducerConnection, { connectionSet: [connection] }),
  ours(inBody, ProducerTableInfo, {
    data: new Map([
      [
        'p',
        [{ clientId: 'c', language: 'GO', lastUpdateTimestamp: time, remoteIP: '127.0.0.1', version: 1 }],
      ],
    ]),
  }),
  ours('remoting.protocol.header', GetConsumerListByGroupResponseBody, { consumerIdList: ['c@1', 'c@2'] }),
  ours(inBody, GroupList, { groupList: ['g'] }),
  ours('remoting.protocol.admin', ConsumeStats, consumeStats),
  ours(inBody, ConsumeStatsList, {
    brokerAddr: 'b',
    consumeStatsList: [new Map([['g', [consumeStats]]])],
    totalDiff: 1,
    totalInflightDiff: 2,
  }),
  ours('remoting.protocol.admin', TopicStatsTable, {
    offsetTable: new Map([
      [queue, topicOffset],
      [otherQueue, topicOffset],
    ]),
    topicPutTps: 0,
  }),
  ours(inBody, QueryConsumeTimeSpanBody, {
    consumeTimeSpanSet: [
      { messageQueue: queue, minTimeStamp: 1, maxTimeStamp: 2, consumeTimeStamp: 3, delayTime: 4 },
    ],
  }),
  ours(inBody, BrokerStatsData, { statsDay: statistics, statsHour: statistics, statsMinute: statistics }),
  ours(inBody, ResetOffsetBody, {
    offsetTable: new Map([
      [queue, 5],
      [otherQueue, 2 ** 52],
    ]),
  }),
  ours(inBody, GetConsumerStatusBody, {
    messageQueueTable: new Map([[queue, 5]]),
    consumerTable: new Map([['c@1', new Map([[queue, 6]])]]),
  }),
  ours(inBody, ConsumerOffsetSerializeWrapper, {
    dataVersion: version,
    offsetTable: new Map([
      [
        'T@g',
        new Map([
          [0, 12],
          [10, 2 ** 52],
        ]),
      ],
    ]),
  }),
  ours(inBody, QueryCorrectionOffsetBody, { correctionOffsets: new Map([[3, 12]]) }),
  ours(inBody, LockBatchRequestBody, locking, {
    ...locking,
    mqSet: expect.arrayContaining([queue, otherQueue]),
  }),
  ours(inBody, LockBatchResponseBody, { lockOKMQSet: [queue] }),
  ours('remoting.protocol.subscription', SubscriptionGroupConfig, retrying),
  ours(inBody, SubscriptionGroupWrapper, groups, { ...groups, forbiddenTable: new Map() }),
  ours(inBody, SubscriptionGroupList, { groupConfigList: [retrying] }),
  ours('remoting.protocol.subscription', GroupForbidden, { group: 'g', topic: 'T', readable: true }),
  ours(inBody, QuerySubscriptionResponseBody, { group: 'g', topic: 'T', subscriptionData: subscription }),
  ours(inBody, ConsumerRunningInfo, {
    properties: new Map([['PROP_CLIENT_VERSION', 'V5_3_3']]),
    subscriptionSet: [subscription],
    mqTable: new Map([[queue, processQueue]]),
    mqPopTable: new Map([[otherQueue, { waitAckCount: 1, droped: false, lastPopTimestamp: time }]]),
    statusTable: new Map([['T', consumeStatus]]),
    userConsumerInfo: new Map([['k', 'v']]),
    jstack: 'at x\n',
  }),
  ours(inBody, ConsumeMessageDirectlyResult, {
    order: false,
    autoCommit: true,
    consumeResult: 'CR_LATER',
    remark: 'r',
    spentTimeMills: 3,
  }),
  ours(inBody, QueryConsumeQueueResponseBody, {
    subscriptionData: subscription,
    filterData: 'f',
    queueData: [
      {
        physicOffset: 1,
        physicSize: 2,
        tagsCode: -3,
        extendDataJson: 'e',
        bitMap: 'b',
        eval: true,
        msg: 'm',
      },
    ],
    maxQueueIndex: 9,
    minQueueIndex: 1,
  }),
  ours(inBody, SetMessageRequestModeRequestBody, {
    topic: 'T',
    consumerGroup: 'g',
    mode: 'POP',
    popShareQueueNum: 2,
  }),
  ours(inBody, QueryAssignmentRequestBody, {
    topic: 'T',
    consumerGroup: 'g',
    clientId: 'c',
    strategyName: 'AVG',
    messageModel: 'CLUSTERING',
  }),
  ours(inBody, QueryAssignmentResponseBody, {
    messageQueueAssignments: [{ messageQueue: queue, mode: 'PULL' }],
  }),
];
