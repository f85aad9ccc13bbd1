import { type ConfigKey, flag, integer, oneOf, text } from './config-key.ts';

const GIBIBYTE = 1_073_741_824;
const INT_MAX = 2_147_483_647;
const HOUR_MILLIS = 3_600_000;

const name = {
  pattern: /^[%|a-zA-Z0-9_-]{1,127}$/,
  expected: 'a name of at most 127 letters, digits, %, |, _ or -',
} as const;
const port = { min: 0, max: 65_535 } as const;
const percent = { min: 1, max: 99 } as const;
const queueCount = { min: 1, max: 65_536 } as const;

/**
 * The broker's configuration, Apache RocketMQ's BrokerConfig and MessageStoreConfig in one. Parts keep the object and
 * read a key when they need it: request 25 changes values in place. Meanings, units and defaults: `brokerConfigKeys`.
 */
export interface BrokerConfig {
  readonly brokerClusterName: string;
  readonly brokerName: string;
  readonly brokerId: number;
  readonly brokerIP1: string;
  readonly listenPort: number;
  readonly namesrvAddr: string;
  readonly registerNameServerPeriod: number;
  readonly registerBrokerTimeoutMills: number;
  readonly channelExpiredTimeout: number;
  readonly serverSelectorThreads: number;
  readonly useEpollNativeSelector: boolean;
  readonly brokerPermission: number;
  readonly defaultTopicQueueNums: number;
  readonly autoCreateTopicEnable: boolean;
  readonly autoCreateSubscriptionGroup: boolean;
  readonly clusterTopicEnable: boolean;
  readonly brokerTopicEnable: boolean;
  readonly traceTopicEnable: boolean;
  readonly msgTraceTopicName: string;
  readonly reviveQueueNum: number;
  readonly traceOn: boolean;
  readonly regionId: string;
  readonly longPollingEnable: boolean;
  readonly shortPollingTimeMills: number;
  readonly litePullMessageEnable: boolean;
  readonly notifyConsumerIdsChangedEnable: boolean;
  readonly realTimeNotifyConsumerChange: boolean;
  readonly useServerSideResetOffset: boolean;
  readonly flushConsumerOffsetInterval: number;
  readonly storePathRootDir: string;
  readonly mappedFileSizeCommitLog: number;
  readonly mappedFileSizeConsumeQueue: number;
  readonly flushDiskType: 'ASYNC_FLUSH' | 'SYNC_FLUSH';
  readonly flushIntervalCommitLog: number;
  readonly syncFlushTimeout: number;
  readonly deleteWhen: string;
  readonly fileReservedTime: number;
  readonly diskMaxUsedSpaceRatio: number;
  readonly diskSpaceCleanForciblyRatio: number;
  readonly commitLogBytesMax: number;
  readonly maxMessageSize: number;
  readonly maxTransferBytesOnMessageInMemory: number;
  readonly maxTransferCountOnMessageInMemory: number;
  readonly messageIndexEnable: boolean;
  readonly maxHashSlotNum: number;
  readonly maxIndexNum: number;
  readonly defaultQueryMaxNum: number;
}

export type BrokerConfigKey = keyof BrokerConfig;

type ConfigKeys = { readonly [Key in BrokerConfigKey]: ConfigKey<BrokerConfig[Key]> };

/**
 * Every key that does something, with Apache RocketMQ's names and defaults. An empty default is filled in from the
 * machine by `resolveBrokerConfig`.
 */
export const brokerConfigKeys: ConfigKeys = {
  // Identity and network.
  brokerClusterName: text('DefaultCluster', 'Cluster this broker belongs to', name),
  brokerName: text('', 'Name of the master and its slaves; default: the host name', {
    pattern: /^[%|a-zA-Z0-9_-]{0,127}$/,
    expected: name.expected,
  }),
  brokerId: integer(0, { min: 0, max: 0 }, '0: the master; slaves are not built yet'),
  brokerIP1: text('', 'Address clients are told; default: the first that is not loopback'),
  listenPort: integer(10_911, port, 'Port for clients; listenPort - 2 serves older ones; 0 = any'),
  namesrvAddr: text('', 'Name servers, host:port separated by semicolons'),
  registerNameServerPeriod: integer(
    30_000,
    { min: 10_000, max: 60_000 },
    'Milliseconds between two registrations',
  ),
  registerBrokerTimeoutMills: integer(
    24_000,
    { min: 100, max: HOUR_MILLIS },
    'Milliseconds a name server may take to answer a registration',
    { updatable: true },
  ),
  channelExpiredTimeout: integer(
    120_000,
    { min: 1000, max: HOUR_MILLIS },
    'Milliseconds without a heartbeat until a client is forgotten',
    { updatable: true },
  ),
  serverSelectorThreads: integer(
    0,
    { min: 0, max: 64 },
    'Threads that serve connections beside the main one; 0: it serves all itself. `centaurmq start` chooses by the processors',
  ),
  useEpollNativeSelector: flag(
    true,
    'The storage engine reads and writes plain connections by itself; Linux only',
  ),
  // Topics and groups.
  brokerPermission: integer(6, { min: 0, max: 6 }, '4 read, 2 write, 6 both', { updatable: true }),
  defaultTopicQueueNums: integer(8, queueCount, 'Queues of TBW102, an upper bound of auto-created topics', {
    updatable: true,
  }),
  autoCreateTopicEnable: flag(true, 'Sending to an unknown topic creates it', { updatable: true }),
  autoCreateSubscriptionGroup: flag(true, 'Consuming with an unknown group creates it', {
    updatable: true,
  }),
  clusterTopicEnable: flag(true, 'The topic named as the cluster can be read and written'),
  brokerTopicEnable: flag(true, 'The topic named as the broker can be read and written'),
  traceTopicEnable: flag(false, 'Creates the topic for message traces at start'),
  msgTraceTopicName: text('RMQ_SYS_TRACE_TOPIC', 'Topic of message traces', name),
  reviveQueueNum: integer(8, queueCount, 'Queues of the revive topic'),
  traceOn: flag(true, 'Tells producers to send traces when they have tracing'),
  regionId: text('DefaultRegion', 'Region told to producers', {
    pattern: /^[!-~]{1,64}$/,
    expected: 'at most 64 visible ASCII characters',
  }),
  // Consumers.
  longPollingEnable: flag(true, 'Holds a pull until a message arrives', { updatable: true }),
  shortPollingTimeMills: integer(
    1000,
    { min: 1, max: 60_000 },
    'How long a pull is held when longPollingEnable is off',
    { updatable: true },
  ),
  litePullMessageEnable: flag(true, 'Accepts lite pulls (361)', { updatable: true }),
  notifyConsumerIdsChangedEnable: flag(true, 'Tells consumers when their group changes', {
    updatable: true,
  }),
  realTimeNotifyConsumerChange: flag(true, 'Tells them at once instead of every 15 s', {
    updatable: true,
  }),
  useServerSideResetOffset: flag(true, 'Resetting an offset needs no consumer online', {
    updatable: true,
  }),
  flushConsumerOffsetInterval: integer(
    5000,
    { min: 10, max: HOUR_MILLIS },
    'Milliseconds between two commits of consumer offsets',
  ),
  // Store.
  storePathRootDir: text('', 'Directory of the store'),
  mappedFileSizeCommitLog: integer(
    GIBIBYTE,
    { min: 4096, max: 2 * GIBIBYTE - 4096 },
    'Bytes of one commit log segment',
  ),
  mappedFileSizeConsumeQueue: integer(
    6_000_000,
    { min: 20, max: GIBIBYTE },
    'Bytes of one consume queue file',
  ),
  flushDiskType: oneOf(
    ['ASYNC_FLUSH', 'SYNC_FLUSH'],
    'ASYNC_FLUSH',
    'What an acknowledgement means by default: kept by the system (os), or on the disk (fsync)',
  ),
  flushIntervalCommitLog: integer(
    500,
    { min: 1, max: 60_000 },
    'Milliseconds between two flushes of the commit log',
  ),
  syncFlushTimeout: integer(5000, { min: 10, max: HOUR_MILLIS }, 'Milliseconds a send waits for its flush', {
    updatable: true,
  }),
  deleteWhen: text('04', 'Hours at which expired segments are deleted, separated by semicolons', {
    pattern: /^([01]?\d|2[0-3])(;([01]?\d|2[0-3]))*$/,
    expected: 'hours between 0 and 23, separated by semicolons',
    updatable: true,
  }),
  fileReservedTime: integer(72, { min: 1, max: 876_000 }, 'Hours a segment is kept', {
    updatable: true,
  }),
  diskMaxUsedSpaceRatio: integer(75, percent, 'Percent of the disk from which expired segments go at once', {
    updatable: true,
  }),
  diskSpaceCleanForciblyRatio: integer(
    85,
    percent,
    'Percent of the disk from which the oldest segments go whatever their age',
    { updatable: true },
  ),
  commitLogBytesMax: integer(
    0,
    { min: 0, max: Number.MAX_SAFE_INTEGER },
    'Bytes the commit log may have before its oldest segments go; 0: no limit. Not a key of Apache',
    { updatable: true },
  ),
  maxMessageSize: integer(4_194_304, { min: 1024, max: 16_000_000 }, 'Bytes of the largest message body'),
  maxTransferBytesOnMessageInMemory: integer(
    262_144,
    { min: 1024, max: 16_000_000 },
    'Bytes of messages in one pull',
    { updatable: true },
  ),
  maxTransferCountOnMessageInMemory: integer(32, { min: 1, max: 4096 }, 'Messages in one pull', {
    updatable: true,
  }),
  messageIndexEnable: flag(true, 'Builds the index by key'),
  maxHashSlotNum: integer(5_000_000, { min: 1, max: INT_MAX }, 'Hash slots of one index file'),
  maxIndexNum: integer(20_000_000, { min: 2, max: INT_MAX }, 'Entries of one index file'),
  defaultQueryMaxNum: integer(32, { min: 1, max: 4096 }, 'Messages answered to a query by unique key', {
    updatable: true,
  }),
};

/**
 * Apache's keys that must not be ignored: who sets them counts on a copy, on a refusal, or on files of another kind. What
 * they may say, and what is missing otherwise.
 */
export const unsupportedConfigKeys: Readonly<
  Record<string, { readonly allowed: string; readonly missing: string }>
> = {
  brokerRole: { allowed: 'ASYNC_MASTER', missing: 'replication is not built yet' },
  enableControllerMode: { allowed: 'false', missing: 'elections are not built yet' },
  enableDLegerCommitLog: { allowed: 'false', missing: 'DLedger is not supported' },
  enableSlaveActingMaster: { allowed: 'false', missing: 'replication is not built yet' },
  aclEnable: { allowed: 'false', missing: 'access control is not built yet' },
  authenticationEnabled: { allowed: 'false', missing: 'access control is not built yet' },
  authorizationEnabled: { allowed: 'false', missing: 'access control is not built yet' },
  storeType: { allowed: 'default', missing: 'RocksDB stores are not supported' },
};
