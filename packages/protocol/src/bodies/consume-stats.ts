import { type Body, defineBody } from './define-body.ts';
import { MessageQueue } from './message-queue.ts';

/** How far a group has come in one queue. */
export interface OffsetWrapper {
  /** The queue's end. */
  readonly brokerOffset: number;
  readonly consumerOffset: number;
  readonly pullOffset: number;
  /** Store time of the message consumed last; milliseconds since the epoch. */
  readonly lastTimestamp: number;
}

export interface ConsumeStats {
  readonly consumeTps: number;
  readonly offsetTable: ReadonlyMap<MessageQueue, OffsetWrapper>;
}
export const ConsumeStats: Body<ConsumeStats> = defineBody('ConsumeStats', (json) => ({
  consumeTps: json.numberOf('consumeTps'),
  offsetTable: json.keyedTableOf('offsetTable', MessageQueue.read, (offsets) => ({
    brokerOffset: offsets.numberOf('brokerOffset'),
    consumerOffset: offsets.numberOf('consumerOffset'),
    pullOffset: offsets.numberOf('pullOffset'),
    lastTimestamp: offsets.numberOf('lastTimestamp'),
  })),
}));

/** All groups of a broker: the answer to GET_BROKER_CONSUME_STATS. */
export interface ConsumeStatsList {
  readonly brokerAddr: string;
  /** Each a map from one group to its statistics. */
  readonly consumeStatsList: readonly ReadonlyMap<string, readonly ConsumeStats[]>[];
  readonly totalDiff: number;
  readonly totalInflightDiff: number;
}
export const ConsumeStatsList: Body<ConsumeStatsList> = defineBody('ConsumeStatsList', (json) => ({
  brokerAddr: json.textOf('brokerAddr'),
  consumeStatsList: json.listOf('consumeStatsList', (groups) =>
    groups.table((stats) => stats.list(ConsumeStats.read)),
  ),
  totalDiff: json.numberOf('totalDiff'),
  totalInflightDiff: json.numberOf('totalInflightDiff'),
}));

export interface TopicOffset {
  readonly minOffset: number;
  readonly maxOffset: number;
  /** Store time of the newest message, 0 without one. */
  readonly lastUpdateTimestamp: number;
}

export interface TopicStatsTable {
  readonly offsetTable: ReadonlyMap<MessageQueue, TopicOffset>;
  readonly topicPutTps: number;
}
export const TopicStatsTable: Body<TopicStatsTable> = defineBody('TopicStatsTable', (json) => ({
  offsetTable: json.keyedTableOf('offsetTable', MessageQueue.read, (offsets) => ({
    minOffset: offsets.numberOf('minOffset'),
    maxOffset: offsets.numberOf('maxOffset'),
    lastUpdateTimestamp: offsets.numberOf('lastUpdateTimestamp'),
  })),
  topicPutTps: json.numberOf('topicPutTps'),
}));

export interface QueueTimeSpan {
  readonly messageQueue: MessageQueue;
  readonly minTimeStamp: number;
  readonly maxTimeStamp: number;
  readonly consumeTimeStamp: number;
  readonly delayTime: number;
}
export interface QueryConsumeTimeSpanBody {
  readonly consumeTimeSpanSet: readonly QueueTimeSpan[];
}
export const QueryConsumeTimeSpanBody: Body<QueryConsumeTimeSpanBody> = defineBody(
  'QueryConsumeTimeSpanBody',
  (json) => ({
    consumeTimeSpanSet: json.listOf('consumeTimeSpanSet', (span) => ({
      messageQueue: MessageQueue.read(span.member('messageQueue')),
      minTimeStamp: span.numberOf('minTimeStamp'),
      maxTimeStamp: span.numberOf('maxTimeStamp'),
      consumeTimeStamp: span.numberOf('consumeTimeStamp'),
      delayTime: span.numberOf('delayTime'),
    })),
  }),
);

export interface BrokerStatsItem {
  readonly avgpt: number;
  readonly sum: number;
  readonly tps: number;
}

/** One statistic over the last minute, hour and day: the answer to VIEW_BROKER_STATS_DATA. */
export interface BrokerStatsData {
  readonly statsDay: BrokerStatsItem;
  readonly statsHour: BrokerStatsItem;
  readonly statsMinute: BrokerStatsItem;
}
const BrokerStatsItem: Body<BrokerStatsItem> = defineBody('BrokerStatsItem', (json) => ({
  avgpt: json.numberOf('avgpt'),
  sum: json.numberOf('sum'),
  tps: json.numberOf('tps'),
}));
export const BrokerStatsData: Body<BrokerStatsData> = defineBody('BrokerStatsData', (json) => ({
  statsDay: BrokerStatsItem.read(json.member('statsDay')),
  statsHour: BrokerStatsItem.read(json.member('statsHour')),
  statsMinute: BrokerStatsItem.read(json.member('statsMinute')),
}));
