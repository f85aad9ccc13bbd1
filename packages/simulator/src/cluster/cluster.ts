import type { BrokerConfig } from '@centaurmq/broker';
import { MqAdmin } from '@centaurmq/client';
import type { DeathKind, History } from '../history/history.ts';
import type { RunPlan, TopicPlan } from '../plan/run-plan.ts';
import type { SimulatedBroker } from '../world/simulated-broker.ts';
import type { SimulatedNameServer } from '../world/simulated-name-server.ts';
import type { World } from '../world/world.ts';

const START_RETRY_MILLIS = 2000;
const SUPERVISION_MILLIS = 1000;
const ADMIN_RETRY_MILLIS = 1000;

/** The servers of a run, and those who look after them: who starts dead ones again, creates topics, watches where queues end. */
export class Cluster {
  readonly #world: World;
  readonly #plan: RunPlan;
  readonly #history: History;
  readonly #brokers = new Map<string, SimulatedBroker>();
  readonly #nameServers = new Map<string, SimulatedNameServer>();
  /** Who is kept down for now. */
  readonly #down = new Set<string>();
  /** How many faults the disk of a broker has now. */
  readonly #diskFaults = new Map<string, number>();
  readonly #topics = new Map<string, number>();
  #adminCount = 0;
  #isOver = false;

  constructor(world: World, plan: RunPlan, history: History) {
    this.#world = world;
    this.#plan = plan;
    this.#history = history;
  }

  /** Topics that were created by now. */
  get topics(): readonly string[] {
    return [...this.#topics.keys()];
  }

  /** Every topic has become what the plan says. */
  get isComplete(): boolean {
    return this.#plan.topics.every(
      ({ name, queueNums, grows }) => this.#topics.get(name) === (grows?.queueNums ?? queueNums),
    );
  }

  /** What the topics should be: queues on each broker. */
  get topicQueueNums(): ReadonlyMap<string, number> {
    return this.#topics;
  }

  broker(name: string): SimulatedBroker {
    const broker = this.#brokers.get(name);
    if (broker === undefined) throw new Error(`there is no broker ${name}`);
    return broker;
  }

  nameServer(name: string): SimulatedNameServer {
    const nameServer = this.#nameServers.get(name);
    if (nameServer === undefined) throw new Error(`there is no name server ${name}`);
    return nameServer;
  }

  async start(): Promise<void> {
    const { nameServers, brokers, level, topics } = this.#plan;
    for (const name of nameServers) this.#nameServers.set(name, await this.#world.startNameServer(name));
    const config: Partial<BrokerConfig> = {
      flushDiskType: level === 'fsync' ? 'SYNC_FLUSH' : 'ASYNC_FLUSH',
      autoCreateTopicEnable: false,
    };
    for (const name of brokers) {
      this.#brokers.set(name, await this.#world.startBroker({ name, config }));
      this.#history.add({ kind: 'started', who: name });
    }
    for (const topic of topics)
      if (topic.createdAtMillis === 0) await this.#createTopic(topic.name, topic.queueNums);
    for (const topic of topics) void this.#changeTopicLater(topic);
    for (const broker of this.#brokers.values()) void this.#supervise(broker);
    void this.#observe();
  }

  /** It dies or stops, and comes back after so long. */
  async down(
    name: string,
    forMillis: number,
    end: (broker: SimulatedBroker) => Promise<void> | void,
    how: DeathKind,
  ): Promise<void> {
    const broker = this.broker(name);
    if (!broker.isRunning || this.#down.has(name)) return;
    this.#down.add(name);
    this.#history.add({ kind: 'died', who: name, how });
    await end(broker);
    await this.#world.sleep(forMillis);
    this.#down.delete(name);
    await this.bringBack(broker);
  }

  /** A fault of its disk more, or less. */
  diskFault(name: string, change: 1 | -1): void {
    this.#diskFaults.set(name, (this.#diskFaults.get(name) ?? 0) + change);
  }

  /** Starts a broker until it runs. */
  async bringBack(broker: SimulatedBroker): Promise<void> {
    while (!broker.isRunning && broker.process === null && !this.#isOver) {
      const wasFaulty = this.#diskIsFaulty(broker.name);
      try {
        await broker.start();
        this.#history.add({ kind: 'started', who: broker.name });
      } catch (error) {
        // The fault may have ended, or begun, while the broker tried.
        const diskWasFaulty = wasFaulty || this.#diskIsFaulty(broker.name);
        this.#history.add({ kind: 'startFailed', who: broker.name, reason: String(error), diskWasFaulty });
        await this.#world.sleep(START_RETRY_MILLIS);
      }
    }
  }

  #diskIsFaulty(name: string): boolean {
    return (this.#diskFaults.get(name) ?? 0) > 0;
  }

  /** A client for administration in a process of its own. */
  async withAdmin<T>(
    ask: (admin: MqAdmin) => Promise<T>,
    nameServers: string = this.#world.nameServers,
  ): Promise<T> {
    this.#adminCount += 1;
    const process = this.#world.process(`admin-${this.#adminCount}`);
    const admin = new MqAdmin({ nameServers, environment: process.environment });
    try {
      return await ask(admin);
    } finally {
      await admin.close();
      process.kill();
    }
  }

  addressOf(broker: string): string {
    return `${this.#world.network.host(broker).address}:10911`;
  }

  /** Nobody looks after anything any more. */
  end(): void {
    this.#isOver = true;
  }

  async #changeTopicLater({ name, queueNums, createdAtMillis, grows }: TopicPlan): Promise<void> {
    if (createdAtMillis > 0) {
      await this.#world.sleep(createdAtMillis);
      await this.#createTopic(name, queueNums);
    }
    if (grows === null) return;
    await this.#world.sleep(grows.at - this.#world.time.elapsedMillis);
    await this.#createTopic(name, grows.queueNums);
  }

  /** On every broker, as often as it takes. */
  async #createTopic(topicName: string, queueNums: number): Promise<void> {
    await Promise.all(
      this.#plan.brokers.map(async (broker) => {
        const spec = { topicName, readQueueNums: queueNums, writeQueueNums: queueNums };
        while (!this.#isOver) {
          try {
            return await this.withAdmin((admin) =>
              admin.createAndUpdateTopicConfig(this.addressOf(broker), spec),
            );
          } catch {
            await this.#world.sleep(ADMIN_RETRY_MILLIS);
          }
        }
      }),
    );
    this.#topics.set(topicName, Math.max(queueNums, this.#topics.get(topicName) ?? 0));
  }

  /** As an operator does it: a broker that takes no messages any more is started again. */
  async #supervise(broker: SimulatedBroker): Promise<void> {
    while (!this.#isOver) {
      await this.#world.sleep(SUPERVISION_MILLIS);
      if (broker.isRunning && broker.poisonReason !== null && !this.#down.has(broker.name))
        await this.down(broker.name, SUPERVISION_MILLIS, () => broker.kill(), 'poisoned');
    }
  }

  /** Asks each broker now and then where its queues end. */
  async #observe(): Promise<void> {
    const process = this.#world.process('observer');
    const admin = new MqAdmin({ nameServers: this.#world.nameServers, environment: process.environment });
    const chance = this.#world.random;
    while (!this.#isOver) {
      await this.#world.sleep(1000 + chance.below(4000));
      for (const broker of this.#plan.brokers)
        for (const topic of this.topics) {
          const askedAt = this.#world.time.elapsedMillis;
          const stats = await admin.broker.topicStats(this.addressOf(broker), topic).catch(() => null);
          for (const [queue, { maxOffset }] of stats?.offsetTable ?? [])
            this.#history.add({ kind: 'endObserved', askedAt, queue, maxOffset });
        }
    }
    await admin.close();
  }
}
