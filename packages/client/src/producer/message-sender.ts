import type { RemotingCommand } from '@centaurmq/protocol';
import { SystemTopic, encodeProperties } from '@centaurmq/protocol';
import type { Clock, Logger } from '@centaurmq/remoting';
import type { RemotingCalls } from '../calls/remoting-calls.ts';
import type { SendRequestParts, StoredAnswer } from '../calls/send-call.ts';
import { sendRequest, toStoredAnswer } from '../calls/send-call.ts';
import { MqError, MqErrorCode } from '../errors.ts';
import type { BrokerAddresses } from '../instance/broker-addresses.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import { decideSendRetry } from './decide-send-retry.ts';
import type { MqFaultStrategy } from './mq-fault-strategy.ts';
import type { SendStatus } from './send-result.ts';
import { SendStatus as Status } from './send-result.ts';
import type { TopicPublishInfo } from './topic-publish-info.ts';

/** One request's worth of messages: a single one, or a batch. */
export interface Parcel {
  readonly topic: string;
  readonly flag: number;
  /** Of the message; of a batch, those that the header shows. */
  readonly properties: ReadonlyMap<string, string>;
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

export interface Delivered extends StoredAnswer {
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
  readonly publishInfo: (topic: string) => Promise<TopicPublishInfo>;
}

/** Sends one parcel, trying other brokers when one fails. Apache RocketMQ: DefaultMQProducerImpl.sendDefaultImpl. */
export class MessageSender {
  readonly #options: MessageSenderOptions;

  constructor(options: MessageSenderOptions) {
    this.#options = options;
  }

  /** @throws MqError of the last attempt */
  async deliver(parcel: Parcel, options: DeliverOptions): Promise<Delivered> {
    const { clock, logger, group, faultStrategy } = this.#options;
    const startMillis = clock.monotonicMillis();
    const attemptsMax = options.queue === null ? 1 + this.#options.retryTimes : 1;
    let stored: Delivered | null = null;
    let lastBrokerName: string | null = null;
    for (let attempts = 1; ; attempts++) {
      const queue: MessageQueue = options.queue ?? (await this.#selectQueue(parcel.topic, lastBrokerName));
      lastBrokerName = queue.brokerName;
      const attemptStart = clock.monotonicMillis();
      const leftMillis = options.timeoutMillis - (attemptStart - startMillis);
      try {
        const answer = await this.#attempt(
          parcel,
          queue,
          this.#attemptMillis(leftMillis, attempts < attemptsMax),
          options,
        );
        faultStrategy.succeeded(queue.brokerName, clock.monotonicMillis() - attemptStart);
        stored = { ...answer, queue: { ...queue, queueId: answer.queueId } };
        if (!this.#isTriedElsewhere(answer.sendStatus, attempts, attemptsMax)) return stored;
      } catch (error) {
        options.signal?.throwIfAborted();
        faultStrategy.failed(queue.brokerName, error instanceof MqError && error.response !== null);
        const elapsedMillis = clock.monotonicMillis() - startMillis;
        const { timeoutMillis } = options;
        const decision = decideSendRetry({ error, attempts, attemptsMax, elapsedMillis, timeoutMillis });
        if (decision === 'retry') {
          logger.warn({ err: error, group, queue, attempts }, 'a send failed; another queue is tried');
          continue;
        }
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

  async #attempt(
    parcel: Parcel,
    queue: MessageQueue,
    timeoutMillis: number,
    { signal }: DeliverOptions,
  ): Promise<StoredAnswer> {
    const { calls, brokers } = this.#options;
    const address = await brokers.findMaster(queue);
    const request = this.#request(parcel, queue, false);
    const response = await calls.ask(address, request, { timeoutMillis, signal });
    return toStoredAnswer(request, response, address);
  }

  #request(parcel: Parcel, queue: MessageQueue, oneway: boolean): RemotingCommand {
    const { group, clock, createTopicKey, defaultTopicQueueNums } = this.#options;
    const header: SendRequestParts['header'] = {
      producerGroup: group,
      topic: parcel.topic,
      defaultTopic: createTopicKey,
      defaultTopicQueueNums,
      queueId: queue.queueId,
      sysFlag: parcel.sysFlag,
      bornTimestamp: clock.now(),
      flag: parcel.flag,
      properties: encodeProperties(parcel.properties),
      reconsumeTimes: 0,
      batch: parcel.isBatch,
      brokerName: queue.brokerName,
    };
    return sendRequest({ header, body: parcel.body }, oneway);
  }

  async #selectQueue(topic: string, lastBrokerName: string | null): Promise<MessageQueue> {
    const publishInfo = await this.#options.publishInfo(topic);
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

/** Topics made by the first send take their settings from this one. */
export const CREATE_TOPIC_KEY_DEFAULT: string = SystemTopic.AUTO_CREATE_TOPIC_KEY_TOPIC;
