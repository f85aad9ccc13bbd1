import type { HostAddress, StoredMessage } from '@centaurmq/protocol';
import { KEY_SEPARATOR, MessageProperty, decompressBody, offsetMessageId } from '@centaurmq/protocol';
import { addressToString } from '@centaurmq/remoting';

/** A message as its consumer sees it. Apache RocketMQ: MessageExt. */
export interface MessageExt {
  /** The topic it was sent to, also when it comes back by way of the retry topic. */
  readonly topic: string;
  /** Decompressed. It shares memory with the other messages of its pull: copy what is kept for long. */
  readonly body: Uint8Array;
  readonly tag: string | null;
  readonly keys: readonly string[];
  readonly properties: ReadonlyMap<string, string>;
  /** The id that the producer gave (UNIQ_KEY), else the {@link offsetMessageId}. */
  readonly messageId: string;
  /** Says where the message is stored: broker address and commit log offset. */
  readonly offsetMessageId: string;
  readonly brokerName: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly commitLogOffset: number;
  /** How often it has been consumed without success: 0 the first time. */
  readonly reconsumeTimes: number;
  /** By the producer's clock. */
  readonly bornTimestamp: number;
  /** `host:port` of the producer, as the broker saw it. */
  readonly bornHost: string;
  /** By the broker's clock. */
  readonly storeTimestamp: number;
  /** `host:port` of the broker. */
  readonly storeHost: string;
  readonly flag: number;
  readonly sysFlag: number;
  /** Why the body could not be decompressed; it is then as it was stored. */
  readonly bodyError: Error | null;
}

/** Where a stored record was read. */
export interface RecordOrigin {
  readonly brokerName: string;
  readonly queueId: number;
  readonly offsetDelta: number;
}

const NO_KEYS: readonly string[] = Object.freeze([]);

/** @param retryTopic the group's own: messages in it show the topic they were first sent to; null shows topics as stored */
export function toMessageExt(
  stored: StoredMessage,
  origin: RecordOrigin,
  retryTopic: string | null,
): MessageExt {
  const { properties } = stored;
  const firstTopic = stored.topic === retryTopic ? properties.get(MessageProperty.RETRY_TOPIC) : undefined;
  const storedId = offsetMessageId(stored.storeHost, stored.commitLogOffset);
  const { body, bodyError } = readableBody(stored);
  return {
    topic: firstTopic ?? stored.topic,
    body,
    bodyError,
    tag: properties.get(MessageProperty.TAGS) ?? null,
    keys: keysOf(properties.get(MessageProperty.KEYS)),
    properties,
    messageId: properties.get(MessageProperty.UNIQ_CLIENT_MESSAGE_ID_KEYIDX) ?? storedId,
    offsetMessageId: storedId,
    brokerName: origin.brokerName,
    queueId: origin.queueId,
    queueOffset: stored.queueOffset + origin.offsetDelta,
    commitLogOffset: stored.commitLogOffset,
    reconsumeTimes: stored.reconsumeTimes,
    bornTimestamp: stored.bornTimestamp,
    bornHost: bornHosts.textOf(stored.bornHost),
    storeTimestamp: stored.storeTimestamp,
    storeHost: storeHosts.textOf(stored.storeHost),
    flag: stored.flag,
    sysFlag: stored.sysFlag,
  };
}

/** Neighbours share their hosts (`RecordReader`), and so their texts. */
class HostTexts {
  #host: HostAddress | null = null;
  #text = '';

  textOf(host: HostAddress): string {
    if (host !== this.#host) {
      this.#text = addressToString(host);
      this.#host = host;
    }
    return this.#text;
  }
}
const bornHosts = new HostTexts();
const storeHosts = new HostTexts();

function keysOf(text: string | undefined): readonly string[] {
  return text === undefined ? NO_KEYS : text.split(KEY_SEPARATOR).filter((key) => key !== '');
}

function readableBody(stored: StoredMessage): Pick<MessageExt, 'body' | 'bodyError'> {
  try {
    return { body: decompressBody(stored.body, stored.sysFlag), bodyError: null };
  } catch (error) {
    return { body: stored.body, bodyError: error instanceof Error ? error : new Error(String(error)) };
  }
}
