import type { Clock, Logger, RemotingClient } from '@centaurmq/remoting';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { TopicConfigManager } from '../topic/topic-config-manager.ts';
import { type BrokerAddresses, NameServerRegistration } from './name-server-registration.ts';

export interface BrokerRegistrationOptions {
  readonly config: BrokerConfig;
  readonly addresses: BrokerAddresses;
  readonly topics: Pick<TopicConfigManager, 'topics' | 'dataVersion' | 'markOrderTopics' | 'onChange'>;
  readonly client: Pick<RemotingClient, 'invoke'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A change is answered after the name servers know it, but none may hold it up for longer. */
const CHANGE_WAIT_MILLIS = 1000;

/** Keeps the broker known at all its name servers, each on its own: a dead one delays no other. */
export class BrokerRegistration {
  readonly #registrations: ReadonlyMap<string, NameServerRegistration>;
  readonly #clock: Clock;

  constructor(options: BrokerRegistrationOptions) {
    this.#clock = options.clock;
    this.#registrations = new Map(
      nameServersOf(options.config.namesrvAddr).map((nameServer) => [
        nameServer,
        new NameServerRegistration({ ...options, nameServer }),
      ]),
    );
    options.topics.onChange(() => void this.registerAll());
  }

  /** Registers everywhere; answers at how many, when all have answered. */
  async registerAll(): Promise<number> {
    const outcomes = await Promise.all(
      [...this.#registrations.values()].map((registration) => registration.register()),
    );
    return outcomes.filter(Boolean).length;
  }

  /** {@link registerAll}, but waits no longer than a client would like to. */
  async registerSoon(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(CHANGE_WAIT_MILLIS, resolve);
      void this.registerAll().then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  connectionClosed(nameServer: string): void {
    this.#registrations.get(nameServer)?.connectionClosed();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#registrations.values()].map((registration) => registration.stop()));
  }
}

function nameServersOf(namesrvAddr: string): string[] {
  const addresses = namesrvAddr.split(';').map((address) => address.trim());
  return [...new Set(addresses.filter((address) => address !== ''))];
}
