import { type KvConfigStore, NameServer, memoryKvConfigStore } from '@centaurmq/namesrv';
import type { SimulatedProcess } from './simulated-process.ts';

const LISTEN_PORT = 9876;
const DRAIN_MILLIS = 1000;

/** A name server that dies and comes back. It knows nothing when it does: brokers tell it. */
export class SimulatedNameServer {
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  readonly #newProcess: () => SimulatedProcess;
  readonly #kvConfig: KvConfigStore = memoryKvConfigStore();
  #life: { readonly process: SimulatedProcess; readonly nameServer: NameServer } | null = null;

  constructor(name: string, hostAddress: string, newProcess: () => SimulatedProcess) {
    this.name = name;
    this.address = `${hostAddress}:${LISTEN_PORT}`;
    this.#newProcess = newProcess;
  }

  get isRunning(): boolean {
    return this.#life !== null;
  }

  async start(): Promise<void> {
    if (this.#life !== null) throw new Error(`the name server ${this.name} runs already`);
    const process = this.#newProcess();
    const { transport, clock, logger } = process;
    const nameServer = new NameServer({
      transport,
      clock,
      logger,
      listen: { host: '0.0.0.0', port: LISTEN_PORT, tlsMode: 'disabled' },
      store: this.#kvConfig,
    });
    this.#life = { process, nameServer };
    await nameServer.start();
  }

  async stop(): Promise<void> {
    const life = this.#life;
    if (life === null) return;
    await life.nameServer.stop({ drainMillis: DRAIN_MILLIS });
    life.process.kill();
    this.#life = null;
  }

  kill(): void {
    this.#life?.process.kill();
    this.#life = null;
  }
}
