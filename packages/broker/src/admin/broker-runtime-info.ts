import { MqVersion, decodeRecord, mqVersionName } from '@centaurmq/protocol';
import type { Clock } from '@centaurmq/remoting';
import { SCHEDULE_TOPIC } from '../schedule/schedule-message-service.ts';
import type { DayTotals, StoreStatsService } from '../statistics/store-stats-service.ts';
import type { CallTimes } from '../statistics/call-times.ts';
import type { MessageStore } from '../store/message-store.ts';
import { usedSpaceRatio } from '../store/used-space-ratio.ts';

export interface BrokerRuntimeInfoOptions {
  readonly clock: Clock;
  readonly store: Pick<MessageStore, 'status' | 'lookup' | 'maxOffset'>;
  readonly stats: StoreStatsService;
  /** How long the engine's calls take, and how often it refuses. */
  readonly engine: {
    readonly putTimes: CallTimes;
    readonly getTimes: CallTimes;
    readonly refusedAppendCount: number;
    readonly groupCommitCount: number;
  };
  /** The folder of the commit log, as tools show it. */
  readonly commitLogPath: string;
  /** How far each delay level has been delivered. */
  readonly delayOffsets: () => ReadonlyMap<number, number>;
}

const SECOND_MILLIS = 1000;

/** Names of Apache's thread pools. There are none here: a request is worked on when it arrives. */
const THREAD_POOLS = ['send', 'pull', 'query', 'litePull', 'ack'];

/**
 * What request 28 tells, keys and shapes as official tools parse them; all values are texts. Queue sizes are zero because
 * requests do not wait in queues here.
 */
export function brokerRuntimeInfo(options: BrokerRuntimeInfoOptions): ReadonlyMap<string, string> {
  const info = {
    ...identity(options),
    ...throughput(options.stats),
    ...engineCalls(options.engine),
    ...storage(options),
    ...queues(),
    ...timers(),
    ...delayLevels(options),
  };
  return new Map(Object.entries(info));
}

function identity({ clock, stats }: BrokerRuntimeInfoOptions): Record<string, string> {
  return {
    brokerVersionDesc: mqVersionName(MqVersion.CURRENT),
    brokerVersion: String(MqVersion.CURRENT),
    brokerActive: 'true',
    bootTimestamp: String(stats.bootTimestamp),
    runtime: runtimeText(clock.now() - stats.bootTimestamp),
    startAcceptSendRequestTimeStamp: '0',
  };
}

function throughput(stats: StoreStatsService): Record<string, string> {
  const put = stats.putTotals;
  return {
    putTps: tpsText(stats.putTps()),
    getFoundTps: tpsText(stats.getFoundTps()),
    getMissTps: tpsText(stats.getMissTps()),
    getTotalTps: tpsText(stats.getTotalTps()),
    getTransferredTps: tpsText(stats.getTransferredTps()),
    ...dayTotals('msgPut', stats.putDayTotals),
    ...dayTotals('msgGet', stats.getDayTotals),
    putMessageTimesTotal: String(put.times),
    putMessageSizeTotal: String(put.bytes),
    putMessageAverageSize: decimalText(put.times === 0 ? 0 : put.bytes / put.times),
  };
}

function engineCalls({
  putTimes,
  getTimes,
  refusedAppendCount,
  groupCommitCount,
}: BrokerRuntimeInfoOptions['engine']): Record<string, string> {
  return {
    putMessageFailedTimes: String(refusedAppendCount),
    // Not Apache's: messages divided by it are those that share a flush.
    groupCommitTimesTotal: String(groupCommitCount),
    putMessageEntireTimeMax: String(Math.floor(putTimes.maxMillis)),
    putMessageDistributeTime: putTimes.distribution(),
    putLatency99: putTimes.quantileMillis(0.99).toFixed(2),
    putLatency999: putTimes.quantileMillis(0.999).toFixed(2),
    getMessageEntireTimeMax: String(Math.floor(getTimes.maxMillis)),
    // Nothing waits to be dispatched.
    dispatchMaxBuffer: '0',
  };
}

function dayTotals(prefix: string, totals: DayTotals): Record<string, string> {
  return {
    [`${prefix}TotalYesterdayMorning`]: String(totals.yesterdayMorning),
    [`${prefix}TotalTodayMorning`]: String(totals.todayMorning),
    [`${prefix}TotalTodayNow`]: String(totals.todayNow),
  };
}

function storage({ store, commitLogPath }: BrokerRuntimeInfoOptions): Record<string, string> {
  const status = store.status();
  const disk = status.space;
  const ratio = usedSpaceRatio(disk);
  const earliest = store.lookup(status.minOffset);
  const info: Record<string, string> = {
    earliestMessageTimeStamp: String(earliest === null ? -1 : decodeRecord(earliest, 0).storeTimestamp),
    commitLogMinOffset: String(status.minOffset),
    commitLogMaxOffset: String(status.appendedOffset),
    commitLogDiskRatio: ratio.toFixed(4),
    [`commitLogDiskRatio_${commitLogPath}`]: ratio.toFixed(4),
    consumeQueueDiskRatio: ratio.toFixed(4),
    // An append builds the consume queue before it returns.
    dispatchBehindBytes: '0',
    pageCacheLockTimeMills: '0',
    remainTransientStoreBufferNumbs: '0',
    remainHowManyDataToFlush: byteCountText(status.appendedOffset - status.flushedOffset),
  };
  if (disk !== null)
    info['commitLogDirCapacity'] =
      `Total : ${byteCountText(disk.totalBytes)}, Free : ${byteCountText(disk.freeBytes)}.`;
  return info;
}

function queues(): Record<string, string> {
  const info: Record<string, string> = {
    EndTransactionQueueSize: '0',
    EndTransactionThreadPoolQueueCapacity: '0',
  };
  for (const pool of THREAD_POOLS) {
    info[`${pool}ThreadPoolQueueSize`] = '0';
    info[`${pool}ThreadPoolQueueCapacity`] = '0';
    info[`${pool}ThreadPoolQueueHeadWaitTimeMills`] = '0';
  }
  return info;
}

function timers(): Record<string, string> {
  return {
    timerReadBehind: '0',
    timerOffsetBehind: '0',
    timerCongestNum: '0',
    timerEnqueueTps: '0.0',
    timerDequeueTps: '0.0',
  };
}

/** Levels that were ever used: delivered up to, of so many. */
function delayLevels({ store, delayOffsets }: BrokerRuntimeInfoOptions): Record<string, string> {
  const info: Record<string, string> = {};
  for (const [level, delivered] of delayOffsets()) {
    const maxOffset = store.maxOffset(SCHEDULE_TOPIC, level - 1);
    if (maxOffset > 0) info[`scheduleMessageOffset_${level}`] = `${delivered},${maxOffset}`;
  }
  return info;
}

/** Three decimals separated by one space: tools split them there. */
function tpsText(values: readonly number[]): string {
  return values.map(decimalText).join(' ');
}

/** As Java writes a double: with a decimal point. */
function decimalText(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function runtimeText(millis: number): string {
  const seconds = Math.floor(millis / SECOND_MILLIS);
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  return `[ ${days} days, ${hours} hours, ${minutes} minutes, ${seconds % 60} seconds ]`;
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Java: MixAll.humanReadableByteCount with powers of 1024. */
export function byteCountText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes;
  let unit = -1;
  do {
    value /= 1024;
    unit++;
  } while (value >= 1024 && unit < UNITS.length - 1);
  return `${value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}
