import {
  MessageProperty,
  createUniqueKeyGenerator,
  encodeBatch,
  encodeProperties,
} from '@centaurmq/protocol';
import { MqError, MqErrorCode } from '../errors.ts';
import type { InstanceUse } from '../instance/instance-use.ts';
import { chooseInstance } from '../instance/instance-use.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { Message } from '../message/message.ts';
import { compress, prepareCompression } from './compression.ts';
import { InFlightLimit } from './in-flight-limit.ts';
import { checkBatch, splitBatch } from './message-batch.ts';
import type { DeliverOptions, Delivered, Parcel } from './message-sender.ts';
import { MessageSender } from './message-sender.ts';
import { MqFaultStrategy } from './mq-fault-strategy.ts';
import type { PreparedMessage } from './prepared-message.ts';
import { prepareMessage } from './prepared-message.ts';
import type { ProducerOptions, ProducerSettings, SendOptions } from './producer-options.ts';
import { producerSettings } from './producer-options.ts';
import type { SendResult } from './send-result.ts';
import { TopicPublishTable } from './topic-publish-table.ts';

/** A batch that was split failed midway: what was stored before, and what was not sent. */
export class BatchSendError extends MqError {
  override readonly name = 'BatchSendError';
  readonly sent: readonly SendResult[];
  readonly unsent: readonly Message[];

  constructor(cause: MqError, sent: readonly SendResult[], unsent: readonly Message[]) {
    const { code, address, response } = cause;
    super(
      code,
      `${sent.length} messages of the batch are stored, ${unsent.length} are not: ${cause.message}`,
      {
        cause,
        ...(address === null ? {} : { address }),
        ...(response === null ? {} : { response }),
      },
    );
    this.sent = sent;
    this.unsent = unsent;
  }
}

/**
 * Sends messages. Any number of sends may be under way at once; more than the in-flight limits wait for their turn. A message is stored
 * when `send` resolves; when it rejects, it may have been stored all the same. Apache RocketMQ: DefaultMQProducer.
 */
export class Producer {
  readonly group: string;
  readonly #settings: ProducerSettings;
  readonly #use: InstanceUse;
  readonly #inFlight: InFlightLimit;
  readonly #publishTable: TopicPublishTable;
  readonly #sender: MessageSender;
  readonly #nextUniqueKey: () => string;
  #isRunning = false;
  #closed: Promise<void> | null = null;

  /** @throws MqError INVALID_ARGUMENT */
  constructor(options: ProducerOptions) {
    this.group = options.group;
    this.#settings = producerSettings(options);
    this.#use = chooseInstance(options);
    const { environment, calls, brokers, routes } = this.#use.instance;
    const { clock, logger, random, hostAddress, processId } = environment;
    const { createTopicKey, defaultTopicQueueNums, sendLatencyFaultEnable } = this.#settings;
    this.#inFlight = new InFlightLimit(this.#settings.inFlight);
    this.#publishTable = new TopicPublishTable({ routes, random, createTopicKey, defaultTopicQueueNums });
    this.#sender = new MessageSender({
      group: this.group,
      clock,
      logger,
      calls,
      brokers,
      faultStrategy: new MqFaultStrategy(clock, sendLatencyFaultEnable),
      retryTimes: this.#settings.retryTimesWhenSendFailed,
      attemptTimeoutMillis: this.#settings.attemptTimeoutMillis,
      retryAnotherBrokerWhenNotStoreOk: this.#settings.retryAnotherBrokerWhenNotStoreOk,
      createTopicKey,
      defaultTopicQueueNums,
      publishTable: this.#publishTable,
    });
    this.#nextUniqueKey = createUniqueKeyGenerator({
      ip: hostAddress,
      pid: processId,
      now: () => clock.now(),
      random,
    });
  }

  get clientId(): string {
    return this.#use.instance.clientId;
  }

  /** Sends under way, those that wait for room not counted. */
  get inFlightCount(): number {
    return this.#inFlight.count;
  }

  /**
   * Makes the group known. Routes are asked for when a topic is sent to first.
   * @throws MqError NOT_RUNNING when it was closed, INVALID_ARGUMENT when the client has a producer of this group
   */
  async start(): Promise<void> {
    if (this.#closed !== null) throw this.#notRunning('was closed');
    if (this.#isRunning) return;
    await prepareCompression(this.#settings.compression);
    const { instance } = this.#use;
    instance.registerProducer({ group: this.group, publishedTopics: () => this.#publishTable.topics() });
    instance.start();
    this.#isRunning = true;
    await instance.heartbeats.beatAll();
  }

  /**
   * Sends one message and waits until it is stored.
   * @throws MqError: of the last attempt
   */
  async send(message: Message, options: SendOptions = {}): Promise<SendResult> {
    const prepared = this.#prepare(message);
    const { messageId, body } = prepared;
    const { length } = body;
    // Nothing is awaited that is known already: each promise of a send in flight costs.
    options.signal?.throwIfAborted();
    if (!this.#inFlight.tryAcquire(length)) await this.#inFlight.waitForRoom(length, options.signal);
    try {
      const parcel = this.#parcel(prepared);
      const isChosen = options.queue !== undefined || options.selectQueue !== undefined;
      const queue = isChosen ? await this.#chosenQueue(message, options) : null;
      const delivered = await this.#sender.deliver(parcel, this.#deliverOptions(queue, options));
      return toSendResult(messageId, delivered, 0);
    } finally {
      this.#inFlight.release(length);
    }
  }

  /**
   * Sends one message without waiting for an answer: resolves when it is handed to the connection.
   * @throws MqError only for what is known before sending
   */
  async sendOneway(message: Message, options: SendOptions = {}): Promise<void> {
    const prepared = this.#prepare(message);
    const release = await this.#inFlight.acquire(prepared.body.length, options.signal);
    try {
      const queue = await this.#chosenQueue(message, options);
      await this.#sender.deliverOneway(this.#parcel(prepared), this.#deliverOptions(queue, options));
    } finally {
      release();
    }
  }

  /**
   * Sends messages of one topic together, in as few requests as `maxMessageBytes` allows, one after another; each request is stored as a
   * whole, in one queue.
   * @returns a result for each message, in order
   * @throws BatchSendError when some are stored and some are not; MqError when none is
   */
  async sendBatch(messages: readonly Message[], options: SendOptions = {}): Promise<SendResult[]> {
    checkBatch(messages);
    const [first] = messages;
    const prepared = messages.map((message) => this.#prepare(message));
    const results: SendResult[] = [];
    if (first === undefined) return results;
    for (const batch of splitBatch(prepared, this.#settings.maxMessageBytes)) {
      try {
        results.push(...(await this.#sendOneBatch(first, batch, options)));
      } catch (error) {
        if (results.length === 0 || !(error instanceof MqError)) throw error;
        throw new BatchSendError(error, results, messages.slice(results.length));
      }
    }
    return results;
  }

  /**
   * The queues that the topic can be sent to.
   * @throws MqError TOPIC_NOT_FOUND, NAME_SERVER_UNAVAILABLE
   */
  async fetchPublishQueues(topic: string): Promise<readonly MessageQueue[]> {
    this.#requireRunning();
    return (await this.#publishTable.get(topic)).queues;
  }

  /** Waits for the sends that are under way, then leaves. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#isRunning = false;
    await this.#inFlight.idle();
    const { instance, isOwned } = this.#use;
    await instance.unregisterProducer(this.group);
    if (isOwned) await instance.close();
  }

  #prepare(message: Message): PreparedMessage {
    this.#requireRunning();
    return prepareMessage(message, { bodyBytesMax: this.#settings.maxMessageBytes }, this.#nextUniqueKey);
  }

  #parcel({ topic, flag, properties, body }: PreparedMessage): Parcel {
    const { compressBodyOverBytes, compression } = this.#settings;
    const parcel = { topic, flag, properties, body, sysFlag: 0, isBatch: false };
    return body.length < compressBodyOverBytes ? parcel : { ...parcel, ...compress(body, compression) };
  }

  async #sendOneBatch(
    first: Message,
    batch: readonly PreparedMessage[],
    options: SendOptions,
  ): Promise<SendResult[]> {
    const body = encodeBatch(batch);
    const properties = encodeProperties(
      new Map([[MessageProperty.WAIT_STORE_MSG_OK, String(first.waitStoreMessageOk ?? true)]]),
    );
    const release = await this.#inFlight.acquire(body.length, options.signal);
    try {
      const parcel: Parcel = { topic: first.topic, flag: 0, properties, body, sysFlag: 0, isBatch: true };
      const queue = await this.#chosenQueue(first, options);
      const delivered = await this.#sender.deliver(parcel, this.#deliverOptions(queue, options));
      return batch.map(({ messageId }, index) => toSendResult(messageId, delivered, index));
    } finally {
      release();
    }
  }

  #deliverOptions(queue: MessageQueue | null, { timeoutMillis, signal }: SendOptions): DeliverOptions {
    return { timeoutMillis: timeoutMillis ?? this.#settings.sendTimeoutMillis, queue, signal };
  }

  async #chosenQueue(message: Message, { queue, selectQueue }: SendOptions): Promise<MessageQueue | null> {
    if (queue !== undefined) {
      if (queue.topic === message.topic) return queue;
      const reason = `the queue is of topic ${queue.topic}, the message of ${message.topic}`;
      throw new MqError(MqErrorCode.INVALID_ARGUMENT, reason);
    }
    if (selectQueue === undefined) return null;
    const { queues } = await this.#publishTable.get(message.topic);
    if (queues.length === 0) return null;
    const selected = selectQueue(queues, message);
    if (selected !== undefined) return selected;
    throw new MqError(
      MqErrorCode.INVALID_ARGUMENT,
      `selectQueue chose none of the ${queues.length} queues of ${message.topic}`,
    );
  }

  #requireRunning(): void {
    if (!this.#isRunning) throw this.#notRunning(this.#closed === null ? 'is not started' : 'is closed');
  }

  #notRunning(reason: string): MqError {
    return new MqError(MqErrorCode.NOT_RUNNING, `the producer of group ${this.group} ${reason}`, {
      advice: 'Await start() before sending, and close() after',
    });
  }
}

function toSendResult(messageId: string, { queue, answer }: Delivered, index: number): SendResult {
  const { sendStatus, offsetMessageIds, queueOffset, transactionId, recallHandle } = answer;
  return {
    sendStatus,
    messageId,
    offsetMessageId: offsetMessageIds[index] ?? '',
    queue,
    queueOffset: queueOffset + index,
    transactionId,
    recallHandle,
  };
}
