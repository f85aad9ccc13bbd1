import type { ThreadPort } from './io-messages.ts';

type PostingEnd<Out> = Pick<ThreadPort<Out, never>, 'postMessage'>;

/** Joins the messages of one turn of the event loop: posting costs more than what most of them say. */
export class Outbox<Out> {
  readonly #port: PostingEnd<Out>;
  #messages: Out[] = [];
  #transfer: ArrayBuffer[] = [];

  constructor(port: PostingEnd<Out>) {
    this.#port = port;
  }

  post(message: Out): void {
    if (this.#messages.length === 0) setImmediate(() => this.#flush());
    this.#messages.push(message);
  }

  /** A message with bytes, made by {@link ownCopy}, that change hands with it. */
  postWith(bytes: Uint8Array<ArrayBuffer>, message: Out): void {
    this.#transfer.push(bytes.buffer);
    this.post(message);
  }

  #flush(): void {
    const messages = this.#messages;
    const transfer = this.#transfer;
    this.#messages = [];
    this.#transfer = [];
    this.#port.postMessage(messages, transfer);
  }
}

/** The bytes in memory of their own, as it can change hands. */
export function ownCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}
