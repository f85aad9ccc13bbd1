import type { Clock, Logger } from '@centaurmq/remoting';
import type { MessageQueue, MessageQueueTable } from '../../message/message-queue.ts';
import { compareJavaStrings, compareMessageQueues } from '../../message/message-queue.ts';
import { ProcessQueue } from '../consume/process-queue.ts';
import type { OffsetStore } from '../offset/offset-store.ts';
import type { PullRequest } from '../pull/pull-message-service.ts';
import type { AllocateMessageQueueStrategy } from './allocate-message-queue-strategy.ts';
import { decideQueueChanges } from './decide-queue-changes.ts';

export interface RebalanceOptions {
  readonly group: string;
  readonly clientId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Null: every client consumes every queue (broadcasting). */
  readonly strategy: AllocateMessageQueueStrategy | null;
  readonly processQueues: MessageQueueTable<ProcessQueue>;
  readonly offsetStore: OffsetStore;
  /** @returns null while the route is not known */
  readonly queuesOf: (topic: string) => Promise<readonly MessageQueue[] | null>;
  /** The client ids of the group, as a broker of the topic knows them. */
  readonly clientIdsOf: (topic: string) => Promise<readonly string[]>;
  readonly computePullFromWhere: (queue: MessageQueue) => Promise<number>;
  /** The share of this client has changed: brokers learn it before the new queues are pulled. */
  readonly queuesChanged: (topic: string) => Promise<void>;
  readonly beginPull: (request: PullRequest) => void;
}

/** A queue that was not pulled for so long is begun anew. Apache RocketMQ: ProcessQueue.PULL_MAX_IDLE_TIME. */
const PULL_IDLE_MILLIS_MAX = 120_000;

/** Keeps this client on its share of the queues. Apache RocketMQ: RebalanceImpl. */
export class RebalanceService {
  readonly #options: RebalanceOptions;
  #isStopped = false;

  constructor(options: RebalanceOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** @returns false when a topic is not as it should be, so that trying again soon helps */
  async rebalance(topics: readonly string[]): Promise<boolean> {
    await this.#dropTopicsExcept(topics);
    const balanced = await Promise.all(topics.map((topic) => this.#rebalanceTopic(topic)));
    return balanced.every(Boolean);
  }

  async #rebalanceTopic(topic: string): Promise<boolean> {
    const { group, logger } = this.#options;
    try {
      const queues = await this.#options.queuesOf(topic);
      // A topic nobody has made yet is looked for again with the next regular round.
      if (queues === null || queues.length === 0) return true;
      const assigned = await this.#assign(topic, queues);
      return assigned === null ? false : await this.#workOn(topic, assigned);
    } catch (error) {
      logger.warn({ err: error, group, topic }, 'rebalance failed; it is tried again');
      return false;
    }
  }

  /** @returns the queues of this client, or null while the broker does not know it */
  async #assign(topic: string, queues: readonly MessageQueue[]): Promise<readonly MessageQueue[] | null> {
    const { strategy, clientIdsOf, group, clientId, logger } = this.#options;
    if (strategy === null) return queues;
    const clientIds = (await clientIdsOf(topic)).toSorted(compareJavaStrings);
    if (!clientIds.includes(clientId)) {
      logger.info({ group, topic, clientId, clientIds }, 'the broker does not list this client yet');
      return null;
    }
    const sorted = queues.toSorted(compareMessageQueues);
    return strategy.allocate({ consumerGroup: group, clientId, queues: sorted, clientIds });
  }

  /** @returns whether every assigned queue is being worked on */
  async #workOn(topic: string, assigned: readonly MessageQueue[]): Promise<boolean> {
    const { processQueues, clock, group, logger, queuesChanged, beginPull } = this.#options;
    const working = processQueues
      .entries()
      .filter(([queue]) => queue.topic === topic)
      .map(([queue, { lastPullAt }]) => ({
        queue,
        pullExpired: clock.now() - lastPullAt > PULL_IDLE_MILLIS_MAX,
      }));
    const { drop, add } = decideQueueChanges(assigned, working);
    if (drop.length === 0 && add.length === 0) return true;
    await Promise.all(drop.map((queue) => this.#drop(queue)));
    const begun = await Promise.all(add.map((queue) => this.#prepare(queue)));
    const requests = begun.filter((request) => request !== null);
    logger.info(
      { group, topic, dropped: drop, added: requests.map(({ queue }) => queue) },
      'the share of this client has changed',
    );
    await queuesChanged(topic);
    for (const request of requests) beginPull(request);
    return requests.length === add.length;
  }

  async #prepare(queue: MessageQueue): Promise<PullRequest | null> {
    const { processQueues, offsetStore, computePullFromWhere, clock, group, logger } = this.#options;
    offsetStore.offsets.remove(queue);
    try {
      const nextOffset = await computePullFromWhere(queue);
      if (this.#isStopped || processQueues.has(queue)) return null;
      const processQueue = new ProcessQueue(clock.now());
      processQueues.set(queue, processQueue);
      return { queue, processQueue, nextOffset };
    } catch (error) {
      logger.warn(
        { err: error, group, queue },
        'where to begin in the queue cannot be found out; it is tried again',
      );
      return null;
    }
  }

  /** Gives a queue up: its offset is stored before this resolves, so that the next owner can go on there. */
  async #drop(queue: MessageQueue): Promise<void> {
    const { processQueues, offsetStore } = this.#options;
    processQueues.get(queue)?.drop();
    processQueues.delete(queue);
    await offsetStore.persist(queue, { confirmed: true });
    offsetStore.offsets.remove(queue);
  }

  async #dropTopicsExcept(topics: readonly string[]): Promise<void> {
    const foreign = this.#options.processQueues.queues().filter(({ topic }) => !topics.includes(topic));
    await Promise.all(foreign.map((queue) => this.#drop(queue)));
  }
}
