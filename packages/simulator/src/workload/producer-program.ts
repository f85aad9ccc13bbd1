import { Producer, type SendResult, SendStatus, selectQueueByHash } from '@centaurmq/client';
import type { Chance } from '../chance/chance.ts';
import type { History, SentMessage } from '../history/history.ts';
import type { ProducerPlan, SendKind } from '../plan/run-plan.ts';
import type { SimulatedProcess } from '../world/simulated-process.ts';
import type { Program } from './member.ts';
import { drawDelay, drawMessage } from './sent-messages.ts';

const BATCH_MAX = 5;

export interface ProducerProgramOptions {
  readonly plan: ProducerPlan;
  readonly nameServers: () => string;
  readonly chance: Chance;
  readonly history: History;
  /** Topics that exist by now. */
  readonly topics: () => readonly string[];
}

/** Sends in several lanes, each one message after another, until it is stopped. */
export class ProducerProgram implements Program {
  readonly name: string;
  readonly #options: ProducerProgramOptions;
  #sent = 0;
  #isStopping = false;
  #lanes: Promise<void>[] = [];
  #producer: Producer | null = null;

  constructor(options: ProducerProgramOptions) {
    this.name = options.plan.name;
    this.#options = options;
  }

  run(process: SimulatedProcess, life: number): void {
    const { plan, nameServers, chance } = this.#options;
    const producer = new Producer({
      group: 'producers',
      nameServers: nameServers(),
      environment: process.environment,
    });
    this.#producer = producer;
    const started = producer.start();
    this.#lanes = plan.lanes.map(async (kind, lane) => {
      await started;
      await this.#runLane(process, producer, kind, chance.stream(`life ${life} lane ${lane}`));
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#lanes);
    await this.#producer?.close();
  }

  async #runLane(
    process: SimulatedProcess,
    producer: Producer,
    kind: SendKind,
    chance: Chance,
  ): Promise<void> {
    while (!this.#isStopping) {
      await process.clock.sleep(chance.between(0, this.#options.plan.pauseMillisMax));
      const topic = chance.pick(this.#options.topics());
      if (topic !== undefined) await this.#send(producer, kind, chance, topic);
    }
  }

  async #send(producer: Producer, kind: SendKind, chance: Chance, topic: string): Promise<void> {
    switch (kind) {
      case 'anyQueue':
        return this.#sendOne(this.#begin(chance, topic), (message) => producer.send(message));
      case 'oneQueue':
        return this.#sendOne(this.#begin(chance, topic), (message) =>
          producer.send(message, { selectQueue: selectQueueByHash(this.name) }),
        );
      case 'delayed': {
        const { level, delayMillis } = drawDelay(chance);
        return this.#sendOne(this.#begin(chance, topic, delayMillis), (message) =>
          producer.send({ ...message, delayTimeLevel: level }),
        );
      }
      case 'oneway':
        return producer.sendOneway(toSend(this.#begin(chance, topic))).catch(() => undefined);
      case 'batch':
        return this.#sendBatch(producer, chance, topic);
    }
  }

  #begin(chance: Chance, topic: string, delayMillis = 0): SentMessage {
    this.#sent += 1;
    const message = drawMessage(chance, `${this.name}-${this.#sent}`, topic, delayMillis);
    this.#options.history.add({ kind: 'sendBegan', message });
    return message;
  }

  async #sendOne(
    message: SentMessage,
    send: (message: ReturnType<typeof toSend>) => Promise<SendResult>,
  ): Promise<void> {
    try {
      this.#acknowledged(message, await send(toSend(message)));
    } catch (error) {
      this.#failed(message, error);
    }
  }

  async #sendBatch(producer: Producer, chance: Chance, topic: string): Promise<void> {
    const messages = Array.from({ length: chance.whole(2, BATCH_MAX) }, () => this.#begin(chance, topic));
    try {
      const results = await producer.sendBatch(messages.map(toSend));
      for (const [index, message] of messages.entries()) {
        const result = results[index];
        if (result !== undefined) this.#acknowledged(message, result);
      }
    } catch (error) {
      for (const message of messages) this.#failed(message, error);
    }
  }

  #acknowledged(message: SentMessage, { sendStatus, queue, queueOffset }: SendResult): void {
    const { history } = this.#options;
    if (sendStatus !== SendStatus.SEND_OK) {
      history.add({ kind: 'sendFailed', id: message.id, reason: sendStatus });
      return;
    }
    const isThere = message.delayMillis === 0;
    history.add({
      kind: 'sendAcknowledged',
      id: message.id,
      queue: isThere ? queue : null,
      queueOffset: isThere ? queueOffset : null,
    });
  }

  #failed({ id }: SentMessage, error: unknown): void {
    this.#options.history.add({ kind: 'sendFailed', id, reason: String(error) });
  }
}

function toSend({ id, topic, tag, body }: SentMessage): {
  readonly topic: string;
  readonly tag: string;
  readonly body: string;
  readonly keys: string;
} {
  return { topic, tag, body, keys: id };
}
