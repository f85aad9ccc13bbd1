import type { Clock, Connection, Timer } from '@centaurmq/remoting';
import type { ConsumerManager } from './consumer-manager.ts';
import type { ProducerManager } from './producer-manager.ts';
import type { RebalanceLockManager } from './rebalance-lock-manager.ts';

const SCAN_PERIOD_MILLIS = 10_000;

/** Forgets clients whose connection closed, at once, and those that fell silent, by a scan (Java: ClientHousekeepingService). */
export class ClientHousekeepingService {
  readonly #consumers: ConsumerManager;
  readonly #producers: ProducerManager;
  readonly #locks: RebalanceLockManager;
  readonly #clock: Clock;
  readonly #disconnect: (connection: Connection, reason: string) => void;
  #timer: Timer | null = null;

  constructor(parts: {
    readonly consumers: ConsumerManager;
    readonly producers: ProducerManager;
    readonly locks: RebalanceLockManager;
    readonly clock: Clock;
    readonly disconnect: (connection: Connection, reason: string) => void;
  }) {
    this.#consumers = parts.consumers;
    this.#producers = parts.producers;
    this.#locks = parts.locks;
    this.#clock = parts.clock;
    this.#disconnect = parts.disconnect;
  }

  start(): void {
    this.#timer = this.#clock.setTimer(SCAN_PERIOD_MILLIS, () => {
      this.#scan();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  connectionClosed(connection: Connection): void {
    this.#consumers.connectionClosed(connection);
    this.#producers.connectionClosed(connection);
  }

  #scan(): void {
    const expired = [...this.#consumers.scanNotActiveChannel(), ...this.#producers.scanNotActiveChannel()];
    for (const connection of new Set(expired))
      this.#disconnect(connection, 'no heartbeat of its client for channelExpiredTimeout');
    this.#locks.removeExpired();
  }
}
