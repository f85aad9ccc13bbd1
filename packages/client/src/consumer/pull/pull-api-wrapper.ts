import type { StoredMessage, SubscriptionData } from '@centaurmq/protocol';
import { MessageProperty, PullSysFlag, RecordReader, TopicRules } from '@centaurmq/protocol';
import type { Logger } from '@centaurmq/remoting';
import type { PullResult, PullStatus } from '../../calls/pull-call.ts';
import { pullMessage } from '../../calls/pull-call.ts';
import type { RemotingCalls } from '../../calls/remoting-calls.ts';
import { MqError, MqErrorCode } from '../../errors.ts';
import type { BrokerAddresses } from '../../instance/broker-addresses.ts';
import type { MessageExt } from '../../message/message-ext.ts';
import { toMessageExt } from '../../message/message-ext.ts';
import type { MessageQueue } from '../../message/message-queue.ts';
import { MessageQueueTable } from '../../message/message-queue.ts';

export interface PullArguments {
  readonly queue: MessageQueue;
  readonly queueOffset: number;
  readonly subscription: SubscriptionData;
  /** The tags that count when the answer comes: a pull may be held while the subscription changes. */
  readonly tagsNow: () => readonly string[];
  readonly messageCountMax: number;
  readonly bodyBytesMax: number;
  /** Bits of `PullSysFlag` besides COMMIT_OFFSET. */
  readonly sysFlag: number;
  /** Stored by the way, when not null. */
  readonly commitOffset: number | null;
  /** How long the broker may hold the pull when there is nothing. */
  readonly suspendTimeoutMillis: number;
  /** For the whole call; longer than the suspension. */
  readonly timeoutMillis: number;
  readonly signal: AbortSignal;
}

export interface PulledMessages {
  readonly status: PullStatus;
  readonly nextBeginOffset: number;
  readonly messages: readonly MessageExt[];
}

export interface PullApiOptions {
  readonly group: string;
  readonly calls: RemotingCalls;
  readonly brokers: BrokerAddresses;
  readonly logger: Logger;
}

const MASTER_ID = 0;

/** One pull: finds the broker to ask, and turns stored records into messages that pass the filter. Apache RocketMQ: PullAPIWrapper. */
export class PullApiWrapper {
  readonly #options: PullApiOptions;
  readonly #suggestedBrokerIds = new MessageQueueTable<number>();
  readonly #retryTopic: string;

  constructor(options: PullApiOptions) {
    this.#options = options;
    this.#retryTopic = TopicRules.retryTopic(options.group);
  }

  async pull(given: PullArguments): Promise<PulledMessages> {
    const { calls, brokers, group } = this.#options;
    const { queue, subscription, commitOffset } = given;
    const broker = await brokers.findInSubscribe(queue, this.#suggestedBrokerIds.get(queue) ?? MASTER_ID);
    const isCommitting = commitOffset !== null && !broker.isSlave;
    const carriesSubscription = (given.sysFlag & PullSysFlag.SUBSCRIPTION) !== 0;
    const header = {
      consumerGroup: group,
      topic: queue.topic,
      queueId: queue.queueId,
      queueOffset: given.queueOffset,
      maxMsgNums: given.messageCountMax,
      sysFlag: given.sysFlag | (isCommitting ? PullSysFlag.COMMIT_OFFSET : 0),
      commitOffset: commitOffset ?? 0,
      suspendTimeoutMillis: given.suspendTimeoutMillis,
      subscription: carriesSubscription ? subscription.subString : undefined,
      subVersion: subscription.subVersion,
      expressionType: subscription.expressionType,
      maxMsgBytes: given.bodyBytesMax,
      brokerName: queue.brokerName,
    };
    const { timeoutMillis, signal } = given;
    const result = await pullMessage(calls, broker.address, header, { timeoutMillis, signal });
    this.#suggestedBrokerIds.set(queue, result.suggestWhichBrokerId);
    return this.#toMessages(result, queue, given.tagsNow());
  }

  /**
   * A damaged record must neither be skipped nor hold up those before it: they are delivered, and the next pull begins at the damaged one.
   * @throws MqError RESPONSE_MALFORMED when it is the first
   */
  #toMessages(result: PullResult, queue: MessageQueue, wantedTags: readonly string[]): PulledMessages {
    const { status, nextBeginOffset, offsetDelta } = result;
    const messages: MessageExt[] = [];
    if (status !== 'FOUND') return { status, nextBeginOffset, messages };
    const tags = new Set(wantedTags);
    const origin = { brokerName: queue.brokerName, queueId: queue.queueId, offsetDelta };
    const minOffset = String(result.minOffset);
    const maxOffset = String(result.maxOffset);
    const reader = new RecordReader(result.records);
    let count = 0;
    let last: StoredMessage | null = null;
    try {
      for (; !reader.isAtEnd; count++) {
        last = reader.next();
        const { properties } = last;
        // The broker compares hashes only.
        if (tags.size > 0 && !tags.has(properties.get(MessageProperty.TAGS) ?? '')) continue;
        properties.set(MessageProperty.MIN_OFFSET, minOffset);
        properties.set(MessageProperty.MAX_OFFSET, maxOffset);
        messages.push(toMessageExt(last, origin, this.#retryTopic));
      }
    } catch (cause) {
      const message = `pulled record ${count} of ${queue.topic} ${queue.brokerName} ${queue.queueId} is damaged: ${String(cause)}`;
      if (last === null) {
        throw new MqError(MqErrorCode.RESPONSE_MALFORMED, message, {
          cause,
          advice: 'Check the disk of the broker; skip the message with a reset of the consumer offset',
        });
      }
      this.#options.logger.error({ err: cause, queue }, message);
      return { status, nextBeginOffset: last.queueOffset + offsetDelta + 1, messages };
    }
    return { status, nextBeginOffset, messages };
  }
}
