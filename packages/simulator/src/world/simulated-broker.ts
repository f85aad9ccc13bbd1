import { Broker, type BrokerConfig, resolveBrokerConfig } from '@centaurmq/broker';
import { type NativeModule, SimulatedDisk, loadNativeModule } from '@centaurmq/broker/simulation';
import type { Chance } from '../chance/chance.ts';
import { type DiskConditions, simulatedTasks } from '../disk/simulated-tasks.ts';
import type { Death, SimulatedProcess } from './simulated-process.ts';

const LISTEN_PORT = 10_911;
/** What `isRecent` and the like count with: the same on every machine. */
const MEMORY_BYTES = 1024 * 1024 * 1024;

/** Small files, so that a short run fills several. */
const smallFiles: Partial<BrokerConfig> = {
  mappedFileSizeCommitLog: 64 * 1024,
  mappedFileSizeConsumeQueue: 4000,
  maxHashSlotNum: 64,
  maxIndexNum: 512,
  // Every hour would be a matter of the machine's time zone.
  fileReservedTime: 876_000,
};

/**
 * Changes the engine of a broker, in each of its lives: how bugs are planted. The memory belongs to the broker and outlives its deaths.
 */
export type ChangeEngine = (native: NativeModule, memory: Map<string, number>) => NativeModule;

export interface SimulatedBrokerOptions {
  readonly name: string;
  readonly config: Partial<BrokerConfig>;
  readonly nameServers: () => string;
  /** Begins a new life on the broker's host. */
  readonly newProcess: () => SimulatedProcess;
  readonly chance: Chance;
  readonly disk?: Partial<DiskConditions>;
  readonly changeEngine?: ChangeEngine;
}

interface Life {
  readonly process: SimulatedProcess;
  readonly broker: Broker;
  /** The engine's number, once the store is open. */
  store: number | null;
  isStarted: boolean;
}

/** A broker with a disk of its own, which dies and comes back. */
export class SimulatedBroker {
  readonly name: string;
  readonly #options: SimulatedBrokerOptions;
  readonly #native: NativeModule = loadNativeModule();
  #disk: SimulatedDisk;
  #life: Life | null = null;
  #lives = 0;
  readonly #engineMemory = new Map<string, number>();
  /** Everything its disk does takes so many times as long. */
  diskSlowness = 1;

  constructor(options: SimulatedBrokerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#disk = new SimulatedDisk(this.#native);
  }

  get isRunning(): boolean {
    return this.#life?.isStarted === true;
  }

  /** Its present disk; each death gives it another. */
  get disk(): SimulatedDisk {
    return this.#disk;
  }

  /** The process that runs it now, or null. */
  get process(): SimulatedProcess | null {
    return this.#life?.process ?? null;
  }

  /** Why it takes no messages any more, or null. */
  get poisonReason(): string | null {
    const status = this.#status();
    return status === null ? null : (status['poisonReason'] as string | null);
  }

  /** Up to where its log is known to be on the disk, by the next life too; 0 when it does not run. */
  get checkpointOffset(): number {
    return Number(this.#status()?.['checkpointOffset'] ?? 0);
  }

  /** @throws whatever keeps a broker from starting; it can be tried again */
  async start(): Promise<void> {
    if (this.#life !== null) throw new Error(`the broker ${this.name} runs already`);
    this.#lives += 1;
    const process = this.#options.newProcess();
    const life: Life = { process, broker: this.#broker(process, () => life), store: null, isStarted: false };
    this.#life = life;
    try {
      await life.broker.start();
      life.isStarted = true;
    } catch (error) {
      this.kill();
      throw error;
    }
  }

  /** Stops it in order. @throws what kept it from it, when it has ended nevertheless */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === null) return;
    life.isStarted = false;
    try {
      await life.broker.stop();
    } finally {
      if (this.#life === life) this.kill();
    }
  }

  /** The process dies; what it has written is still there. */
  kill(): void {
    this.#die('killed', () => this.#disk.afterProcessDeath());
  }

  /** The machine loses its power: what was not synced is there in part. */
  losePower(): void {
    this.#die('powerLost', () => this.#disk.afterPowerLoss(this.#options.chance.below(0x1_0000_0000)));
  }

  /** Gives back the memory of store and disk. */
  release(): void {
    this.kill();
    this.#disk.release();
  }

  #die(how: Death, left: () => SimulatedDisk): void {
    const life = this.#life;
    if (life === null) return;
    this.#life = null;
    life.process.kill(how);
    const before = this.#disk;
    this.#disk = left();
    before.release();
    if (life.store !== null) this.#native.abandon(life.store);
  }

  #broker(process: SimulatedProcess, life: () => Life): Broker {
    const { name, config, nameServers, chance, disk: conditions, changeEngine = asItIs } = this.#options;
    const { clock, random, transport, logger, processId, host } = process;
    const native = changeEngine(this.#watched(life), this.#engineMemory);
    return new Broker({
      config: resolveBrokerConfig(
        {
          ...smallFiles,
          brokerName: name,
          brokerIP1: host.address,
          listenPort: LISTEN_PORT,
          namesrvAddr: nameServers(),
          ...config,
        },
        { hostName: name, address: host.address, storePathRootDir: '/store' },
      ),
      location: { kind: 'simulated', disk: this.#disk },
      listen: { host: '0.0.0.0', tlsMode: 'disabled' },
      transport,
      clock,
      random,
      logger,
      processId,
      native,
      memoryBytes: MEMORY_BYTES,
      tasks: simulatedTasks({
        native,
        clock,
        chance: chance.stream(`disk of life ${this.#lives}`),
        slowness: () => this.diskSlowness,
        ...(conditions === undefined ? {} : { conditions }),
      }),
    });
  }

  /**
   * The engine, with an eye on which store is opened: it has to be abandoned when the process dies. The broker is not told how full the disk
   * is: a disk without space is a fault to be survived, but on one that fills up it would, rightly, delete the oldest messages.
   */
  #watched(life: () => Life): NativeModule {
    const native = this.#native;
    return {
      ...native,
      open(optionsJson) {
        const answer = native.open(optionsJson);
        life().store = (JSON.parse(answer) as { store: number }).store;
        return answer;
      },
      status: (store) => JSON.stringify({ ...(JSON.parse(native.status(store)) as object), space: null }),
      close(store, nowMillis) {
        life().store = null;
        native.close(store, nowMillis);
      },
    };
  }

  #status(): Readonly<Record<string, unknown>> | null {
    const store = this.#life?.store ?? null;
    return store === null ? null : (JSON.parse(this.#native.status(store)) as Record<string, unknown>);
  }
}

function asItIs(native: NativeModule): NativeModule {
  return native;
}
