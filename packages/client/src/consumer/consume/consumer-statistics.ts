import type { ConsumeStatus } from '@centaurmq/protocol';
import type { Clock } from '@centaurmq/remoting';

const BUCKET_MILLIS = 10_000;
const MINUTE_BUCKETS = 6;
const HOUR_BUCKETS = 360;

/** A sum over the last buckets of ten seconds. */
class RecentSum {
  readonly #buckets: Float64Array;
  #lastBucket = 0;

  constructor(bucketCount: number) {
    this.#buckets = new Float64Array(bucketCount);
  }

  add(value: number, millis: number): void {
    const slot = this.#moveTo(millis);
    this.#buckets[slot] = (this.#buckets[slot] ?? 0) + value;
  }

  total(millis: number): number {
    this.#moveTo(millis);
    return this.#buckets.reduce((sum, value) => sum + value, 0);
  }

  #moveTo(millis: number): number {
    const bucket = Math.floor(millis / BUCKET_MILLIS);
    const length = this.#buckets.length;
    const stale = Math.min(bucket - this.#lastBucket, length);
    for (let step = 0; step < stale; step++) this.#buckets[(bucket - step) % length] = 0;
    this.#lastBucket = Math.max(bucket, this.#lastBucket);
    return this.#lastBucket % length;
  }
}

interface TopicSums {
  readonly pullMillis: RecentSum;
  readonly pullCount: RecentSum;
  readonly pulledMessages: RecentSum;
  readonly consumeMillis: RecentSum;
  readonly consumeCount: RecentSum;
  readonly okMessages: RecentSum;
  readonly failedMessages: RecentSum;
  readonly failedMessagesOfHour: RecentSum;
}

/** Counts by topic. Apache RocketMQ: ConsumerStatsManager. */
export class ConsumerStatistics {
  readonly #clock: Clock;
  readonly #topics = new Map<string, TopicSums>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  pulled(topic: string, messageCount: number, millis: number): void {
    const now = this.#clock.monotonicMillis();
    const sums = this.#of(topic);
    sums.pullMillis.add(millis, now);
    sums.pullCount.add(1, now);
    sums.pulledMessages.add(messageCount, now);
  }

  consumed(topic: string, okCount: number, failedCount: number, millis: number): void {
    const now = this.#clock.monotonicMillis();
    const sums = this.#of(topic);
    sums.consumeMillis.add(millis, now);
    sums.consumeCount.add(1, now);
    sums.okMessages.add(okCount, now);
    sums.failedMessages.add(failedCount, now);
    sums.failedMessagesOfHour.add(failedCount, now);
  }

  /** Means and rates of the last minute; the failures of the last hour. */
  status(topic: string): ConsumeStatus {
    const now = this.#clock.monotonicMillis();
    const sums = this.#of(topic);
    const seconds = (MINUTE_BUCKETS * BUCKET_MILLIS) / 1000;
    return {
      pullRT: sums.pullMillis.total(now) / Math.max(1, sums.pullCount.total(now)),
      pullTPS: sums.pulledMessages.total(now) / seconds,
      consumeRT: sums.consumeMillis.total(now) / Math.max(1, sums.consumeCount.total(now)),
      consumeOKTPS: sums.okMessages.total(now) / seconds,
      consumeFailedTPS: sums.failedMessages.total(now) / seconds,
      consumeFailedMsgs: sums.failedMessagesOfHour.total(now),
    };
  }

  #of(topic: string): TopicSums {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    const minute = (): RecentSum => new RecentSum(MINUTE_BUCKETS);
    const sums: TopicSums = {
      pullMillis: minute(),
      pullCount: minute(),
      pulledMessages: minute(),
      consumeMillis: minute(),
      consumeCount: minute(),
      okMessages: minute(),
      failedMessages: minute(),
      failedMessagesOfHour: new RecentSum(HOUR_BUCKETS),
    };
    this.#topics.set(topic, sums);
    return sums;
  }
}
