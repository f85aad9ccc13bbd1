// Writers that send as fast as a broker answers, and remember what it acknowledged.
import {
  encodeBatch,
  encodeProperties,
  requestCommand,
  RequestCode,
  ResponseCode,
  parseOffsetMessageId,
  SendMessageRequestHeaderV2,
  SendMessageResponseHeader,
} from '@centaurmq/protocol';
import { nodeTransport, RemotingClient, silentLogger, systemClock } from '@centaurmq/remoting';

/**
 * `plain` sends take the hot path; `WAIT=false` takes the general one; `batch` sends eight messages in one request.
 */
export type WriterKind = 'plain' | 'general' | 'batch';

export interface Acknowledged {
  readonly queueId: number;
  readonly queueOffset: number;
  readonly commitLogOffset: number;
  readonly body: string;
}

const inFlightMax = 32;
const batchMessages = 8;
const sendTimeoutMillis = 5000;
const fillerBytesMax = 700;

/** Sends to one queue over a connection of its own, messages numbered in the order of sending. */
export class Writer {
  readonly acknowledged: Acknowledged[] = [];
  /** Answers other than success, and why; a broken connection is none. */
  readonly refused: string[] = [];
  readonly #kind: WriterKind;
  readonly #queueId: number;
  readonly #name: string;
  readonly #client: RemotingClient;
  #next = 0;

  constructor(name: string, kind: WriterKind, queueId: number) {
    this.#name = name;
    this.#kind = kind;
    this.#queueId = queueId;
    this.#client = new RemotingClient({
      name,
      transport: nodeTransport(),
      clock: systemClock,
      logger: silentLogger,
    });
  }

  /** Until a send fails, which is when the broker has died. */
  async run(brokerAddress: string, topic: string): Promise<void> {
    const broken = new AbortController();
    const inFlight = new Set<Promise<void>>();
    while (!broken.signal.aborted) {
      const send = this.#send(brokerAddress, topic).then(
        () => {
          inFlight.delete(send);
        },
        () => broken.abort(),
      );
      inFlight.add(send);
      if (inFlight.size >= inFlightMax) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
    await this.#client.close();
  }

  async #send(brokerAddress: string, topic: string): Promise<void> {
    const count = this.#kind === 'batch' ? batchMessages : 1;
    const bodies = Array.from({ length: count }, () => bodyOf(this.#name, this.#next++));
    const response = await this.#client.invoke(brokerAddress, this.#request(topic, bodies), {
      timeoutMillis: sendTimeoutMillis,
    });
    if (response.code !== ResponseCode.SUCCESS) {
      this.refused.push(`${response.code} ${response.remark ?? ''}`);
      return;
    }
    const { queueId, queueOffset, msgId } = SendMessageResponseHeader.decode(response.extFields);
    const ids = msgId.split(',');
    for (const [index, body] of bodies.entries()) {
      this.acknowledged.push({
        queueId,
        queueOffset: queueOffset + index,
        commitLogOffset: parseOffsetMessageId(ids[index] ?? '')?.commitLogOffset ?? -1,
        body,
      });
    }
  }

  #request(topic: string, bodies: readonly string[]): ReturnType<typeof requestCommand> {
    const messages = bodies.map((body) => ({
      flag: 0,
      properties: new Map([
        ['UNIQ_KEY', uniqueKeyOf(body)],
        ['WAIT', this.#kind === 'general' ? 'false' : 'true'],
      ]),
      body: Buffer.from(body),
    }));
    const [first] = messages;
    if (first === undefined) throw new Error('nothing to send');
    const batch = this.#kind === 'batch';
    return requestCommand(batch ? RequestCode.SEND_BATCH_MESSAGE : RequestCode.SEND_MESSAGE_V2, {
      extFields: SendMessageRequestHeaderV2.encode({
        producerGroup: 'crash-producer',
        topic,
        defaultTopic: 'TBW102',
        defaultTopicQueueNums: 8,
        queueId: this.#queueId,
        sysFlag: 0,
        bornTimestamp: 1_700_000_000_000,
        flag: 0,
        properties: batch
          ? encodeProperties(new Map([['WAIT', 'true']]))
          : encodeProperties(first.properties),
        reconsumeTimes: 0,
        unitMode: false,
        batch,
      }),
      body: batch ? encodeBatch(messages) : first.body,
    });
  }
}

/** `writer/number/` and as many letters as the number says, so that a damaged or foreign body is recognised. */
export function bodyOf(writer: string, number: number): string {
  const letter = String.fromCodePoint(97 + (number % 26));
  return `${writer}/${number}/${letter.repeat((number * 37) % fillerBytesMax)}`;
}

/** Writer and number of a body that is exactly what a writer sends; undefined for anything else. */
export function parseBody(body: string): { readonly writer: string; readonly number: number } | undefined {
  const [writer = '', text = ''] = body.split('/');
  const number = Number(text);
  return bodyOf(writer, number) === body ? { writer, number } : undefined;
}

function uniqueKeyOf(body: string): string {
  const [writer = '', number = ''] = body.split('/');
  return Buffer.from(`${writer}/${number}`).toString('hex').toUpperCase().padStart(32, '0').slice(-32);
}
