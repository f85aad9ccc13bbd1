import type { HeartbeatData } from '@centaurmq/protocol';
import { HeartbeatData as Heartbeat, RequestCode, requestCommand } from '@centaurmq/protocol';
import type { Clock, Logger, Timer } from '@centaurmq/remoting';
import type { RemotingCalls } from '../calls/remoting-calls.ts';
import type { NamedBroker, TopicRouteTable } from './topic-route-table.ts';

export interface HeartbeatServiceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly calls: RemotingCalls;
  readonly routes: TopicRouteTable;
  readonly timeoutMillis: number;
  /** What this client is now. */
  readonly heartbeatData: () => HeartbeatData;
}

/** A broker that did not get its heartbeat is tried again after this, as long as a route leads to it. */
const RETRY_DELAY_MILLIS = 3_000;
const MASTER_ID = 0;

/**
 * Tells the brokers which groups live here. A broker forgets a client when its connection closes, so a broken connection is followed by a
 * heartbeat at once. Apache RocketMQ: MQClientInstance.sendHeartbeatToAllBroker.
 */
export class HeartbeatService {
  readonly #options: HeartbeatServiceOptions;
  readonly #retries = new Map<string, Timer>();
  readonly #brokerVersions = new Map<string, number>();
  #isStopped = false;

  constructor(options: HeartbeatServiceOptions) {
    this.#options = options;
  }

  /** As the broker said last; undefined before its first answer. */
  brokerVersion(address: string): number | undefined {
    return this.#brokerVersions.get(address);
  }

  /** Resolves when every broker has answered or failed. */
  async beatAll(): Promise<void> {
    const data = this.#options.heartbeatData();
    await Promise.all(this.#receivers(data).map((broker) => this.#beat(broker, data)));
  }

  connectionClosed(address: string): void {
    if (this.#isStopped) return;
    const data = this.#options.heartbeatData();
    const broker = this.#receivers(data).find((receiver) => receiver.address === address);
    if (broker !== undefined) this.#retryLater(broker);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#retries.values()) timer.cancel();
    this.#retries.clear();
  }

  /** Producers concern masters only. */
  #receivers({ producerDataSet, consumerDataSet }: HeartbeatData): NamedBroker[] {
    const { routes } = this.#options;
    if (consumerDataSet.length > 0) return routes.brokers();
    return producerDataSet.length > 0
      ? routes.brokers().filter(({ brokerId }) => brokerId === MASTER_ID)
      : [];
  }

  async #beat(broker: NamedBroker, data: HeartbeatData): Promise<void> {
    const { calls, logger, timeoutMillis } = this.#options;
    const { address } = broker;
    this.#retries.get(address)?.cancel();
    this.#retries.delete(address);
    try {
      const request = requestCommand(RequestCode.HEART_BEAT, { body: Heartbeat.encode(data) });
      const response = await calls.call(address, request, { timeoutMillis });
      this.#brokerVersions.set(address, response.version);
    } catch (error) {
      if (this.#isStopped) return;
      logger.warn({ err: error, ...broker }, 'a heartbeat failed; it is tried again');
      this.#retryLater(broker);
    }
  }

  #retryLater(broker: NamedBroker): void {
    const { clock, routes } = this.#options;
    const { address, brokerName, brokerId } = broker;
    if (this.#isStopped || this.#retries.has(address)) return;
    const timer = clock.setTimer(RETRY_DELAY_MILLIS, () => {
      this.#retries.delete(address);
      if (routes.brokerAddress(brokerName, brokerId) === address)
        void this.#beat(broker, this.#options.heartbeatData());
    });
    this.#retries.set(address, timer);
  }
}
