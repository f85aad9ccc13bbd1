import {
  KVTable,
  RegisterBrokerRequestHeader,
  RequestCode,
  ResponseCode,
  UnRegisterBrokerRequestHeader,
  requestCommand,
} from '@centaurmq/protocol';
import type { Clock, Logger, RemotingClient, Timer } from '@centaurmq/remoting';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { TopicConfigManager } from '../topic/topic-config-manager.ts';
import { registrationBody } from './registration-body.ts';

/** Where the broker is reached. */
export interface BrokerAddresses {
  /** `ip:port` for clients. */
  readonly brokerAddr: string;
  /** `ip:port` for slaves. */
  readonly haServerAddr: string;
}

export interface NameServerRegistrationOptions {
  readonly nameServer: string;
  readonly addresses: BrokerAddresses;
  readonly config: BrokerConfig;
  readonly topics: Pick<TopicConfigManager, 'topics' | 'dataVersion' | 'markOrderTopics'>;
  readonly client: Pick<RemotingClient, 'invoke'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const HEARTBEAT_TIMEOUT_MILLIS = 120_000;
const UNREGISTER_TIMEOUT_MILLIS = 3000;
/** After a failure the next try comes sooner than the period: a name server that starts should not wait. */
const RETRY_MILLIS = 2000;
const RECONNECT_MILLIS = 200;
const REGISTERED = 'registered';

/**
 * Keeps this broker known at one name server: all its topics every registerNameServerPeriod, and again at once when one
 * changes. Changes that come while a registration is under way share the next one.
 */
export class NameServerRegistration {
  readonly #options: NameServerRegistrationOptions;
  #timer: Timer | null = null;
  #running: Promise<boolean> | null = null;
  #following: Promise<boolean> | null = null;
  #stopped = false;
  /** The last outcome that was logged: what does not change is not repeated. */
  #lastOutcome = '';

  constructor(options: NameServerRegistrationOptions) {
    this.#options = options;
  }

  /**
   * Registers what is true now. Resolves when the name server has answered, true when it took it: a registration that
   * was begun before does not count.
   */
  register(): Promise<boolean> {
    if (this.#stopped) return Promise.resolve(false);
    if (this.#running === null) {
      this.#running = this.#registerOnce();
      return this.#running;
    }
    this.#following ??= this.#running.then(() => {
      this.#following = null;
      this.#running = this.#registerOnce();
      return this.#running;
    });
    return this.#following;
  }

  /**
   * The connection closed: a name server forgets the brokers of a closed connection, and one that starts again knows none.
   * Not at once, so that one that closes every connection is not called without a pause.
   */
  connectionClosed(): void {
    if (this.#stopped || this.#running !== null || this.#lastOutcome !== REGISTERED) return;
    this.#registerIn(RECONNECT_MILLIS);
  }

  /** Says goodbye, if it can be heard. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
    await this.#following;
    const { nameServer, client, config, addresses, logger } = this.#options;
    const extFields = UnRegisterBrokerRequestHeader.encode({
      brokerName: config.brokerName,
      brokerAddr: addresses.brokerAddr,
      clusterName: config.brokerClusterName,
      brokerId: config.brokerId,
    });
    try {
      await client.invoke(nameServer, requestCommand(RequestCode.UNREGISTER_BROKER, { extFields }), {
        timeoutMillis: UNREGISTER_TIMEOUT_MILLIS,
      });
    } catch (error) {
      logger.info({ nameServer, err: error }, 'name server not told that the broker stops');
    }
  }

  async #registerOnce(): Promise<boolean> {
    const { config } = this.#options;
    this.#timer?.cancel();
    const registered = await this.#tell();
    this.#running = null;
    this.#registerIn(registered ? config.registerNameServerPeriod : RETRY_MILLIS);
    return registered;
  }

  #registerIn(delayMillis: number): void {
    this.#timer?.cancel();
    if (!this.#stopped) this.#timer = this.#options.clock.setTimer(delayMillis, () => void this.register());
  }

  async #tell(): Promise<boolean> {
    const { nameServer, client, config, addresses, topics } = this.#options;
    const request = requestCommand(RequestCode.REGISTER_BROKER, {
      extFields: RegisterBrokerRequestHeader.encode({
        brokerName: config.brokerName,
        brokerAddr: addresses.brokerAddr,
        clusterName: config.brokerClusterName,
        haServerAddr: addresses.haServerAddr,
        brokerId: config.brokerId,
        heartbeatTimeoutMillis: HEARTBEAT_TIMEOUT_MILLIS,
        enableActingMaster: false,
        compressed: false,
        bodyCrc32: 0,
      }),
      body: registrationBody(topics.topics.values(), {
        dataVersion: topics.dataVersion,
        brokerPermission: config.brokerPermission,
      }),
    });
    try {
      const timeoutMillis = config.registerBrokerTimeoutMills;
      const response = await client.invoke(nameServer, request, { timeoutMillis });
      if (response.code !== ResponseCode.SUCCESS) {
        this.#logOutcome(`refused with code ${response.code}`, response.remark);
        return false;
      }
      if (response.body.length > 0) await topics.markOrderTopics(KVTable.decode(response.body).table.keys());
      this.#logOutcome(REGISTERED);
      return true;
    } catch (error) {
      this.#logOutcome(error instanceof Error ? error.name : 'failed', error);
      return false;
    }
  }

  #logOutcome(outcome: string, detail: unknown = null): void {
    if (outcome === this.#lastOutcome) return;
    this.#lastOutcome = outcome;
    const { nameServer, logger, addresses } = this.#options;
    const fields = { nameServer, brokerAddr: addresses.brokerAddr };
    if (outcome === REGISTERED) logger.info(fields, 'registered at the name server');
    else logger.warn({ ...fields, outcome, detail }, 'not registered at the name server; trying again');
  }
}
