import type { Logger } from '@centaurmq/remoting';
import { queryConsumerOffset, updateConsumerOffset } from '../../calls/offset-calls.ts';
import type { RemotingCalls } from '../../calls/remoting-calls.ts';
import type { BrokerAddresses } from '../../instance/broker-addresses.ts';
import type { MessageQueue } from '../../message/message-queue.ts';
import { messageQueueKey } from '../../message/message-queue.ts';
import type { OffsetStore, PersistOptions } from './offset-store.ts';
import { OffsetTable } from './offset-store.ts';

export interface RemoteBrokerOffsetStoreOptions {
  readonly group: string;
  readonly calls: RemotingCalls;
  readonly brokers: BrokerAddresses;
  readonly logger: Logger;
}

/** Apache RocketMQ gives these calls five seconds. */
const CALL_TIMEOUT_MILLIS = 5_000;
const MASTER_ID = 0;

/** A group's progress on the brokers: for clustering. Apache RocketMQ: RemoteBrokerOffsetStore. */
export class RemoteBrokerOffsetStore implements OffsetStore {
  readonly offsets: OffsetTable = new OffsetTable();
  readonly #options: RemoteBrokerOffsetStoreOptions;

  constructor(options: RemoteBrokerOffsetStoreOptions) {
    this.#options = options;
  }

  async load(): Promise<void> {
    // The brokers are asked queue by queue.
  }

  async read(queue: MessageQueue): Promise<number | null> {
    const { calls, brokers, group } = this.#options;
    const { address } = await brokers.findInSubscribe(queue, MASTER_ID);
    const groupQueue = { consumerGroup: group, queue };
    const queueOffset = await queryConsumerOffset(calls, address, groupQueue, {
      timeoutMillis: CALL_TIMEOUT_MILLIS,
    });
    if (queueOffset !== null) this.offsets.update(queue, queueOffset, false);
    return queueOffset;
  }

  async persistAll(queues: readonly MessageQueue[], options: PersistOptions): Promise<void> {
    const kept = new Set(queues.map(messageQueueKey));
    for (const [queue] of this.offsets.entries()) {
      if (!kept.has(messageQueueKey(queue))) this.offsets.remove(queue);
    }
    await Promise.all(queues.map((queue) => this.persist(queue, options)));
  }

  async persist(queue: MessageQueue, { confirmed }: PersistOptions): Promise<void> {
    const { calls, brokers, group, logger } = this.#options;
    const queueOffset = this.offsets.get(queue);
    if (queueOffset === null) return;
    try {
      const { address } = await brokers.findInSubscribe(queue, MASTER_ID);
      const groupQueue = { consumerGroup: group, queue };
      await updateConsumerOffset(calls, address, groupQueue, queueOffset, {
        timeoutMillis: CALL_TIMEOUT_MILLIS,
        oneway: !confirmed,
      });
    } catch (error) {
      logger.warn(
        { err: error, group, queue, queueOffset },
        'the consumer offset could not be stored; the next round tries again',
      );
    }
  }
}
