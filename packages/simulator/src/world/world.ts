import type { BrokerConfig } from '@centaurmq/broker';
import type { Clock, Random } from '@centaurmq/remoting';
import { Chance } from '../chance/chance.ts';
import type { DiskConditions } from '../disk/simulated-tasks.ts';
import type { NetworkConditions } from '../network/network-conditions.ts';
import { SimulatedNetwork } from '../network/simulated-network.ts';
import { ProcessClock, VirtualTime } from '../time/virtual-time.ts';
import { Trace } from '../trace/trace.ts';
import { type ChangeEngine, SimulatedBroker } from './simulated-broker.ts';
import { SimulatedNameServer } from './simulated-name-server.ts';
import { SimulatedProcess } from './simulated-process.ts';

export interface WorldOptions {
  /** A whole number below 2^32: everything that chance decides follows from it. */
  readonly seed: number;
  readonly network?: Partial<NetworkConditions>;
  readonly disk?: Partial<DiskConditions>;
  /** Called with each line of the trace. */
  readonly traceLine?: (text: string) => void;
  /** Changes the engine of every broker; for bugs that are planted on purpose. */
  readonly changeEngine?: ChangeEngine;
}

const SEED_LIMIT = 0x1_0000_0000;

/** Name servers, brokers and processes of clients on one virtual network, one virtual time and virtual disks. */
export class World {
  readonly seed: number;
  readonly time: VirtualTime = new VirtualTime();
  readonly trace: Trace;
  readonly network: SimulatedNetwork;
  /** For what the test itself decides by chance. */
  readonly random: Random;
  /** For what the test itself waits for. */
  readonly clock: Clock;
  readonly #options: WorldOptions;
  readonly #chance: Chance;
  readonly #clock: ProcessClock;
  readonly #nameServers = new Map<string, SimulatedNameServer>();
  readonly #brokers = new Map<string, SimulatedBroker>();
  readonly #files = new Map<string, Map<string, string>>();
  #lastProcessId = 0;

  /** @throws RangeError for a seed that is none */
  constructor(options: WorldOptions) {
    const { seed, traceLine, network = {} } = options;
    if (!Number.isInteger(seed) || seed < 0 || seed >= SEED_LIMIT)
      throw new RangeError(`the seed is ${seed}; expected a whole number from 0 to ${SEED_LIMIT - 1}`);
    this.seed = seed;
    this.#options = options;
    this.#chance = new Chance(seed);
    this.trace = new Trace(() => this.time.elapsedMillis, { line: traceLine });
    this.random = this.#chance.stream('test');
    this.#clock = new ProcessClock(this.time);
    this.clock = this.#clock;
    this.network = new SimulatedNetwork({
      time: this.time,
      trace: this.trace,
      chance: this.#chance.stream('network'),
      conditions: network,
    });
  }

  /** What clients are told: `host:port;host:port` of all name servers. */
  get nameServers(): string {
    return [...this.#nameServers.values()].map(({ address }) => address).join(';');
  }

  /** Virtual milliseconds pass. */
  sleep(millis: number): Promise<void> {
    return this.#clock.sleep(millis);
  }

  /** Creates a name server and starts it. */
  async startNameServer(name = `namesrv-${this.#nameServers.size}`): Promise<SimulatedNameServer> {
    this.#refuseTaken(name);
    const nameServer = new SimulatedNameServer(name, this.network.host(name).address, () =>
      this.process(name),
    );
    this.#nameServers.set(name, nameServer);
    await nameServer.start();
    return nameServer;
  }

  /** Creates a broker, with an empty disk, and starts it. Its name servers are those of the world. */
  async startBroker(
    options: { readonly name?: string; readonly config?: Partial<BrokerConfig> } = {},
  ): Promise<SimulatedBroker> {
    const name = options.name ?? `broker-${this.#brokers.size}`;
    this.#refuseTaken(name);
    const { disk, changeEngine } = this.#options;
    const broker = new SimulatedBroker({
      name,
      config: options.config ?? {},
      nameServers: () => this.nameServers,
      newProcess: () => this.process(name),
      chance: this.#chance.stream(name),
      ...(disk === undefined ? {} : { disk }),
      ...(changeEngine === undefined ? {} : { changeEngine }),
    });
    this.#brokers.set(name, broker);
    await broker.start();
    return broker;
  }

  /** A program on the host of this name: what an application runs in. One runs there at a time. */
  process(name: string): SimulatedProcess {
    const files = this.#files.get(name) ?? new Map<string, string>();
    this.#files.set(name, files);
    this.#lastProcessId += 1;
    return new SimulatedProcess({
      host: this.network.host(name),
      network: this.network,
      time: this.time,
      trace: this.trace,
      chance: this.#chance,
      processId: this.#lastProcessId,
      files,
    });
  }

  /** Nothing in it happens any more; the memory of its disks is given back. */
  release(): void {
    for (const broker of this.#brokers.values()) broker.release();
    for (const nameServer of this.#nameServers.values()) nameServer.kill();
    this.#clock.end();
  }

  #refuseTaken(name: string): void {
    if (this.#brokers.has(name) || this.#nameServers.has(name)) throw new Error(`there is already a ${name}`);
  }
}
