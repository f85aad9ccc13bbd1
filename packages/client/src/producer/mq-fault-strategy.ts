import type { Clock } from '@centaurmq/remoting';
import type { MessageQueue } from '../message/message-queue.ts';
import { LatencyFaultTolerance } from './latency-fault-tolerance.ts';
import type { TopicPublishInfo } from './topic-publish-info.ts';

/** Chooses the queue of the next attempt. Apache RocketMQ: MQFaultStrategy. */
export class MqFaultStrategy {
  readonly #clock: Clock;
  readonly #tolerance: LatencyFaultTolerance | null;

  /** @param isLatencyAware avoid brokers that were slow or failed lately; otherwise only the broker of the last attempt is avoided */
  constructor(clock: Clock, isLatencyAware: boolean) {
    this.#clock = clock;
    this.#tolerance = isLatencyAware ? new LatencyFaultTolerance() : null;
  }

  /** @returns null only when the topic has no queue that can be written */
  selectQueue(publishInfo: TopicPublishInfo, lastBrokerName: string | null): MessageQueue | null {
    const tolerance = this.#tolerance;
    if (tolerance === null && lastBrokerName === null) return publishInfo.select();
    const isAnother = ({ brokerName }: MessageQueue): boolean => brokerName !== lastBrokerName;
    if (tolerance === null) return publishInfo.select(isAnother) ?? publishInfo.select();
    const now = this.#clock.monotonicMillis();
    return (
      publishInfo.select((queue) => isAnother(queue) && tolerance.isAvailable(queue.brokerName, now)) ??
      publishInfo.select((queue) => isAnother(queue) && tolerance.isReachable(queue.brokerName)) ??
      publishInfo.select()
    );
  }

  succeeded(brokerName: string, latencyMillis: number): void {
    this.#tolerance?.succeeded(brokerName, latencyMillis, this.#clock.monotonicMillis());
  }

  failed(brokerName: string, isReachable: boolean): void {
    this.#tolerance?.failed(brokerName, isReachable, this.#clock.monotonicMillis());
  }
}
