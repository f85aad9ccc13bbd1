import { SystemTopic, TopicRules } from '@centaurmq/protocol';
import { MqError, MqErrorCode } from '../errors.ts';
import type { InstanceChoice } from '../instance/instance-use.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { Compression } from './compression.ts';
import type { InFlightLimits } from './in-flight-limit.ts';
import { inFlightLimits } from './in-flight-limit.ts';
import type { SelectQueue } from './select-queue.ts';

/** Names and defaults of Apache RocketMQ's DefaultMQProducer, units added. */
export interface ProducerSettings {
  /** For all attempts of one send together; 3000. Waiting for room in flight does not count. */
  readonly sendTimeoutMillis: number;
  /** For one attempt as long as others may follow; null: all the time that is left. Apache RocketMQ: sendMsgMaxTimeoutPerRequest. */
  readonly attemptTimeoutMillis: number | null;
  /** Attempts after the first, each on another broker if there is one; 2. */
  readonly retryTimesWhenSendFailed: number;
  /** Also try elsewhere when a message was stored less safely than asked for, at the price of duplicates. */
  readonly retryAnotherBrokerWhenNotStoreOk: boolean;
  /** Avoid brokers that were slow or failed lately. */
  readonly sendLatencyFaultEnable: boolean;
  /** Bodies from this length on are compressed; 4096. */
  readonly compressBodyOverBytes: number;
  readonly compression: Compression;
  /** Of a body, and of a batch; 4 MiB. */
  readonly maxMessageBytes: number;
  /** New topics are made after this one. */
  readonly createTopicKey: string;
  /** Queues of a new topic on each broker; 4. */
  readonly defaultTopicQueueNums: number;
  readonly inFlight: InFlightLimits;
}

/** Either `client`, to share connections and routes, or `nameServers`, for an instance of its own. */
export interface ProducerOptions extends Partial<Omit<ProducerSettings, 'inFlight'>>, InstanceChoice {
  readonly group: string;
  readonly inFlight?: Partial<InFlightLimits>;
}

export interface SendOptions {
  /** `sendTimeoutMillis` when not given. */
  readonly timeoutMillis?: number;
  /** Send to this queue and to no other. */
  readonly queue?: MessageQueue;
  /** Choose the queue; no other one is tried. */
  readonly selectQueue?: SelectQueue;
  /** Aborting rejects with the signal's reason; the message may have been sent. */
  readonly signal?: AbortSignal;
}

/** @throws MqError INVALID_ARGUMENT */
export function producerSettings(options: ProducerOptions): ProducerSettings {
  const fault = TopicRules.validateGroup(options.group);
  if (fault !== null) throw new MqError(MqErrorCode.INVALID_ARGUMENT, fault);
  return {
    sendTimeoutMillis: options.sendTimeoutMillis ?? 3_000,
    attemptTimeoutMillis: options.attemptTimeoutMillis ?? null,
    retryTimesWhenSendFailed: options.retryTimesWhenSendFailed ?? 2,
    retryAnotherBrokerWhenNotStoreOk: options.retryAnotherBrokerWhenNotStoreOk ?? false,
    sendLatencyFaultEnable: options.sendLatencyFaultEnable ?? false,
    compressBodyOverBytes: options.compressBodyOverBytes ?? 4_096,
    compression: options.compression ?? { type: 'ZLIB', level: 5 },
    maxMessageBytes: options.maxMessageBytes ?? 4 * 1024 * 1024,
    createTopicKey: options.createTopicKey ?? SystemTopic.AUTO_CREATE_TOPIC_KEY_TOPIC,
    defaultTopicQueueNums: options.defaultTopicQueueNums ?? 4,
    inFlight: { ...inFlightLimits, ...options.inFlight },
  };
}
