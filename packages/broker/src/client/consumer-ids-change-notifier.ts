import { type RemotingCommand, requestCommand, RequestCode } from '@centaurmq/protocol';
import type { Clock, Connection, Timer } from '@centaurmq/remoting';
import type { BrokerConfig } from '../config/broker-config.ts';

const BATCH_PERIOD_MILLIS = 15_000;

/** Tells the members of a group that it changed: 40, one-way (Java: DefaultConsumerIdsChangeListener). */
export class ConsumerIdsChangeNotifier {
  readonly #config: BrokerConfig;
  readonly #clock: Clock;
  readonly #notify: (connection: Connection, command: RemotingCommand) => void;
  readonly #waiting = new Map<string, readonly Connection[]>();
  #timer: Timer | null = null;

  constructor(parts: {
    readonly config: BrokerConfig;
    readonly clock: Clock;
    readonly notify: (connection: Connection, command: RemotingCommand) => void;
  }) {
    this.#config = parts.config;
    this.#clock = parts.clock;
    this.#notify = parts.notify;
  }

  consumerIdsChanged(group: string, connections: readonly Connection[]): void {
    if (!this.#config.notifyConsumerIdsChangedEnable) return;
    if (this.#config.realTimeNotifyConsumerChange) {
      this.#tell(group, connections);
      return;
    }
    this.#waiting.set(group, connections);
    this.#timer ??= this.#clock.setTimer(BATCH_PERIOD_MILLIS, () => {
      this.#timer = null;
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const [waitingGroup, members] of waiting) this.#tell(waitingGroup, members);
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#waiting.clear();
  }

  #tell(group: string, connections: readonly Connection[]): void {
    for (const connection of connections)
      if (connection.isOpen)
        this.#notify(
          connection,
          requestCommand(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, {
            extFields: { consumerGroup: group },
            oneway: true,
          }),
        );
  }
}
