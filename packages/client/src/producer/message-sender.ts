import type { RemotingCommand } from '@centaurmq/protocol';
import { RequestCode, SystemTopic, requestCodeName } from '@centaurmq/protocol';
import type { Clock, Logger } from '@centaurmq/remoting';
import type { RemotingCalls } from '../calls/remoting-calls.ts';
import type { StoredAnswer } from '../calls/send-call.ts';
import { toMqError } from '../calls/call-error.ts';
import { sendRequests, toStoredAnswer } from '../calls/send-call.ts';
import { MqError, MqErrorCode } from '../errors.ts';
import type { BrokerAddresses } from '../instance/broker-addresses.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { FailedAttempt } from './decide-send-retry.ts';
import { decideSendRetry } from './decide-send-retry.ts';
import type { MqFaultStrategy } from './mq-fault-strategy.ts';
import type { SendStatus } from './send-result.ts';
import { SendStatus as Status } from './send-result.ts';
import type { TopicPublishTable } from './topic-publish-table.ts';

/** One request's worth of messages: a single one, or a batch. */
export interface Parcel {
  readonly topic: string;
  readonly flag: number;
  /** Encoded; of a batch, those that the header shows. */
  readonly properties: string;
  readonly body: Uint8Array;
  /** Bits of `MessageSysFlag`. */
  readonly sysFlag: number;
  readonly isBatch: boolean;
}

export interface DeliverOptions {
  /** For all attempts together. */
  readonly timeoutMillis: number;
  /** Chosen by the caller: no other queue is tried. */
  readonly queue: MessageQueue | null;
  readonly signal: AbortSignal | undefined;
}

export interface Delivered {
  readonly answer: StoredAnswer;
  /** Where the broker stored it. */
  readonly queue: MessageQueue;
}

export interface MessageSenderOptions {
  readonly group: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly calls: RemotingCalls;
  readonly brokers: BrokerAddresses;
  readonly faultStrategy: MqFaultStrategy;
  /** Attempts after the first. */
  readonly retryTimes: number;
  /** For one attempt; null: all the time that is left. */
  readonly attemptTimeoutMillis: number | null;
  readonly retryAnotherBrokerWhenNotStoreOk: boolean;
  readonly createTopicKey: string;
  readonly defaultTopicQueueNums: number;
  readonly publishTable: TopicPublishTable;
}

/** Sends one parcel, trying other brokers when one fails. Apache RocketMQ: DefaultMQProducerImpl.sendDefaultImpl. */
export class MessageSender {
  readonly #options: MessageSenderOptions;
  /** As long as the route lasts that the queue comes from. */
  readonly #requests = new WeakMap<MessageQueue, ReturnType<typeof sendRequests>>();

  constructor(options: MessageSenderOptions) {
    this.#options = options;
  }

  /** @throws MqError of the last attempt */
  async deliver(parcel: Parcel, options: DeliverOptions): Promise<Delivered> {
    const { clock, brokers, faultStrategy } = this.#options;
    const startMillis = clock.monotonicMillis();
    const attemptsMax = options.queue === null ? 1 + this.#options.retryTimes : 1;
    let stored: Delivered | null = null;
    let lastBrokerName: string | null = null;
    for (let attempts = 1; ; attempts++) {
      const queue: MessageQueue =
        options.queue ??
        this.#knownQueue(parcel.topic, lastBrokerName) ??
        (await this.#selectQueue(parcel.topic, lastBrokerName));
      lastBrokerName = queue.brokerName;
      const attemptStart = clock.monotonicMillis();
      const leftMillis = options.timeoutMillis - (attemptStart - startMillis);
      const timeoutMillis = this.#attemptMillis(leftMillis, attempts < attemptsMax);
      try {
        const address = brokers.knownMaster(queue) ?? (await brokers.findMaster(queue));
        const response = await this.#ask(address, parcel, queue, timeoutMillis, options.signal);
        const answer = toStoredAnswer(codeOf(parcel), response, address);
        faultStrategy.succeeded(queue.brokerName, clock.monotonicMillis() - attemptStart);
        stored = { answer, queue: queueOf(answer, queue) };
        if (!this.#isTriedElsewhere(answer.sendStatus, attempts, attemptsMax)) return stored;
      } catch (thrown) {
        options.signal?.throwIfAborted();
        const error = toMqError(thrown, requestCodeName(codeOf(parcel)));
        faultStrategy.failed(queue.brokerName, error instanceof MqError && error.response !== null);
        const elapsedMillis = clock.monotonicMillis() - startMillis;
        const failed = { error, attempts, attemptsMax, elapsedMillis, timeoutMillis: options.timeoutMillis };
        if (this.#isRetried(failed, queue)) continue;
        // An earlier attempt has stored the message, though less safely than asked for.
        if (stored !== null) return stored;
        throw error;
      }
    }
  }

  /** Resolves when the request is queued on a connection; nobody hears of what becomes of it. */
  async deliverOneway(parcel: Parcel, options: DeliverOptions): Promise<void> {
    const queue = options.queue ?? (await this.#selectQueue(parcel.topic, null));
    const { calls, brokers } = this.#options;
    const address = await brokers.findMaster(queue);
    await calls.send(address, this.#request(parcel, queue, true), options);
  }

  /** Apart from the attempt that waits: what was encoded need not live until it is answered. */
  #ask(
    address: string,
    parcel: Parcel,
    queue: MessageQueue,
    timeoutMillis: number,
    signal: AbortSignal | undefined,
  ): Promise<RemotingCommand> {
    const request = this.#request(parcel, queue, false);
    return this.#options.calls.invoke(address, request, { timeoutMillis, signal });
  }

  #isRetried(failed: FailedAttempt, queue: MessageQueue): boolean {
    if (decideSendRetry(failed) !== 'retry') return false;
    const { logger, group } = this.#options;
    const { error, attempts } = failed;
    logger.warn({ err: error, group, queue, attempts }, 'a send failed; another queue is tried');
    return true;
  }

  #request(parcel: Parcel, queue: MessageQueue, oneway: boolean): RemotingCommand {
    const { properties, sysFlag, flag, isBatch: batch, body } = parcel;
    const bornTimestamp = this.#options.clock.now();
    const ofTopic = queue.topic === parcel.topic ? queue : { ...queue, topic: parcel.topic };
    return this.#requestsTo(ofTopic)({ properties, sysFlag, flag, bornTimestamp, batch, body }, oneway);
  }

  #requestsTo(queue: MessageQueue): ReturnType<typeof sendRequests> {
    const known = this.#requests.get(queue);
    if (known !== undefined) return known;
    const { group, createTopicKey, defaultTopicQueueNums } = this.#options;
    const requests = sendRequests({
      producerGroup: group,
      topic: queue.topic,
      defaultTopic: createTopicKey,
      defaultTopicQueueNums,
      queueId: queue.queueId,
      brokerName: queue.brokerName,
    });
    this.#requests.set(queue, requests);
    return requests;
  }

  /** @returns null when a name server has to be asked */
  #knownQueue(topic: string, lastBrokerName: string | null): MessageQueue | null {
    const publishInfo = this.#options.publishTable.known(topic);
    return publishInfo === undefined
      ? null
      : this.#options.faultStrategy.selectQueue(publishInfo, lastBrokerName);
  }

  async #selectQueue(topic: string, lastBrokerName: string | null): Promise<MessageQueue> {
    const publishInfo = await this.#options.publishTable.get(topic);
    const queue = this.#options.faultStrategy.selectQueue(publishInfo, lastBrokerName);
    if (queue !== null) return queue;
    throw new MqError(MqErrorCode.BROKER_NOT_FOUND, `topic ${topic} has no queue that can be written`, {
      advice: 'Check the permission of the topic and that its brokers run (centaurmq-admin topicRoute)',
    });
  }

  #attemptMillis(leftMillis: number, canRetry: boolean): number {
    const { attemptTimeoutMillis } = this.#options;
    const millis =
      canRetry && attemptTimeoutMillis !== null ? Math.min(leftMillis, attemptTimeoutMillis) : leftMillis;
    return Math.max(1, millis);
  }

  #isTriedElsewhere(sendStatus: SendStatus, attempts: number, attemptsMax: number): boolean {
    return (
      sendStatus !== Status.SEND_OK &&
      this.#options.retryAnotherBrokerWhenNotStoreOk &&
      attempts < attemptsMax
    );
  }
}

function codeOf({ isBatch }: Parcel): number {
  return isBatch ? RequestCode.SEND_BATCH_MESSAGE : RequestCode.SEND_MESSAGE_V2;
}

function queueOf({ queueId }: StoredAnswer, asked: MessageQueue): MessageQueue {
  return queueId === asked.queueId ? asked : { ...asked, queueId };
}

/** Topics made by the first send take their settings from this one. */
export const CREATE_TOPIC_KEY_DEFAULT: string = SystemTopic.AUTO_CREATE_TOPIC_KEY_TOPIC;
