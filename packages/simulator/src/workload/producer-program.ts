import { Producer, type SendResult, SendStatus, selectQueueByHash } from '@centaurmq/client';
import type { Chance } from '../chance/chance.ts';
import type { History, SentMessage } from '../history/history.ts';
import type { LanePlan, ProducerPlan } from '../plan/run-plan.ts';
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
    this.#lanes = plan.lanes.map(async (lane, index) => {
      await started;
      await this.#runLane(process, producer, lane, chance.stream(`life ${life} lane ${index}`));
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
    lane: LanePlan,
    chance: Chance,
  ): Promise<void> {
    while (!this.#isStopping) {
      await process.clock.sleep(chance.between(0, this.#options.plan.pauseMillisMax));
      const topic = chance.pick(this.#options.topics());
      if (topic !== undefined) await this.#send(producer, lane, chance, topic);
    }
  }

  async #send(producer: Producer, lane: LanePlan, chance: Chance, topic: string): Promise<void> {
    const begin = (delayMillis = 0): SentMessage => this.#begin(lane, chance, topic, delayMillis);
    switch (lane.kind) {
      case 'anyQueue':
        return this.#sendOne(begin(), (message) => producer.send(message));
      case 'oneQueue':
        return this.#sendOne(begin(), (message) =>
          producer.send(message, { selectQueue: selectQueueByHash(this.name) }),
        );
      case 'delayed': {
        const { level, delayMillis } = drawDelay(chance);
        return this.#sendOne(begin(delayMillis), (message) =>
          producer.send({ ...message, delayTimeLevel: level }),
        );
      }
      case 'oneway':
        return producer.sendOneway(toSend(begin())).catch(() => undefined);
      case 'batch':
        return this.#sendBatch(
          producer,
          Array.from({ length: chance.whole(2, BATCH_MAX) }, () => begin()),
        );
    }
  }

  #begin({ waitStoreMessageOk }: LanePlan, chance: Chance, topic: string, delayMillis: number): SentMessage {
    this.#sent += 1;
    const id = `${this.name}-${this.#sent}`;
    const message = drawMessage(chance, { id, topic, delayMillis, waitStoreMessageOk });
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

  async #sendBatch(producer: Producer, messages: readonly SentMessage[]): Promise<void> {
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
      queue,
      queueOffset: isThere ? queueOffset : null,
    });
  }

  #failed({ id }: SentMessage, error: unknown): void {
    this.#options.history.add({ kind: 'sendFailed', id, reason: String(error) });
  }
}

function toSend({ id, topic, tag, body, waitStoreMessageOk }: SentMessage): {
  readonly topic: string;
  readonly tag: string;
  readonly body: string;
  readonly keys: string;
  readonly waitStoreMessageOk: boolean;
} {
  return { topic, tag, body, keys: id, waitStoreMessageOk };
}
