import { LitePullConsumer, type MessageExt, PushConsumer } from '@centaurmq/client';
import type { Chance } from '../chance/chance.ts';
import { type History, type QueueName, idOfBody } from '../history/history.ts';
import type { GroupPlan } from '../plan/run-plan.ts';
import type { SimulatedProcess } from '../world/simulated-process.ts';
import type { Program } from './member.ts';

const HANDLING_MILLIS_MAX = 40;
const POLL_MILLIS = 3000;
const START_RETRY_MILLIS = 1000;

export interface ConsumerProgramOptions {
  readonly name: string;
  readonly group: GroupPlan;
  readonly nameServers: () => string;
  readonly topics: readonly string[];
  readonly chance: Chance;
  readonly history: History;
}

/** One member of a group: it notes what it gets and what it has done with it. */
export class ConsumerProgram implements Program {
  readonly name: string;
  readonly #options: ConsumerProgramOptions;
  #consumer: PushConsumer | LitePullConsumer | null = null;
  #isStopping = false;
  #polling: Promise<void> = Promise.resolve();

  constructor(options: ConsumerProgramOptions) {
    this.name = options.name;
    this.#options = options;
  }

  run(process: SimulatedProcess, life: number): void {
    const started =
      this.#options.group.kind === 'lite' ? this.#poll(process, life) : this.#push(process, life);
    this.#polling = started;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#polling;
    await this.#consumer?.close();
  }

  async #push(process: SimulatedProcess, life: number): Promise<void> {
    const { group, nameServers, chance } = this.#options;
    const luck = chance.stream(`life ${life}`);
    await this.#start(
      process,
      () =>
        new PushConsumer({
          group: group.name,
          nameServers: nameServers(),
          environment: process.environment,
          messageModel: group.kind === 'broadcast' ? 'BROADCASTING' : 'CLUSTERING',
          consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
          messageListener: async (messages, { queue }) => {
            for (const message of messages) this.#delivered(message, queue.topic, life);
            await process.clock.sleep(luck.between(0, HANDLING_MILLIS_MAX));
            if (luck.happens(group.failureProbability)) return 'RECONSUME_LATER';
            for (const message of messages) this.#consumed(message);
            return 'CONSUME_SUCCESS';
          },
        }),
    );
  }

  async #poll(process: SimulatedProcess, life: number): Promise<void> {
    const { group, nameServers } = this.#options;
    const consumer = await this.#start(
      process,
      () =>
        new LitePullConsumer({
          group: group.name,
          nameServers: nameServers(),
          environment: process.environment,
          consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        }),
    );
    while (!this.#isStopping) {
      const messages = await consumer.poll({ timeoutMillis: POLL_MILLIS });
      for (const message of messages) {
        this.#delivered(message, message.topic, life);
        this.#consumed(message);
      }
    }
  }

  /** A consumer does not start while no name server answers; whoever runs it tries again with a new one. */
  async #start<C extends PushConsumer | LitePullConsumer>(
    process: SimulatedProcess,
    create: () => C,
  ): Promise<C> {
    for (;;) {
      const consumer = create();
      for (const topic of this.#options.topics)
        await consumer.subscribe(topic, this.#options.group.tagExpression);
      try {
        await consumer.start();
        this.#consumer = consumer;
        return consumer;
      } catch (error) {
        process.logger.warn({ err: error }, 'the consumer did not start');
        await process.clock.sleep(START_RETRY_MILLIS);
      }
    }
  }

  #delivered(message: MessageExt, queueTopic: string, life: number): void {
    const { brokerName, queueId, queueOffset, topic, tag, body, reconsumeTimes } = message;
    const queue: QueueName = { topic: queueTopic, brokerName, queueId };
    this.#options.history.add({
      kind: 'delivered',
      group: this.#options.group.name,
      member: this.name,
      life,
      queue,
      queueOffset,
      topic,
      tag,
      body: Buffer.from(body).toString(),
      reconsumeTimes,
    });
  }

  #consumed({ body }: MessageExt): void {
    const id = idOfBody(Buffer.from(body).toString());
    if (id === null) return;
    this.#options.history.add({ kind: 'consumed', group: this.#options.group.name, member: this.name, id });
  }
}
