import type { RemotingConnection } from '../connection/remoting-connection.ts';

export interface InFlightLimits {
  readonly inFlightBytesMax: number;
  readonly inFlightBytesTotalMax: number;
}

/** The requests that handlers work on, by bytes: per connection and in total. */
export class InFlightRequests {
  /** A paused connection may be read again as far as requests in flight go. */
  onRelieved: (connection: RemotingConnection) => void = () => undefined;
  readonly #limits: InFlightLimits;
  readonly #paused = new Set<RemotingConnection>();
  readonly #idleWaiters: (() => void)[] = [];
  #totalBytes = 0;
  #count = 0;

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  begin(connection: RemotingConnection, frameLength: number): void {
    this.#count += 1;
    this.#totalBytes += frameLength;
    connection.inFlightBytes += frameLength;
  }

  end(connection: RemotingConnection, frameLength: number): void {
    this.#count -= 1;
    this.#totalBytes -= frameLength;
    connection.inFlightBytes -= frameLength;
    if (this.#paused.size > 0) this.#relieve(connection);
    if (this.#count === 0) {
      for (const idle of this.#idleWaiters.splice(0)) idle();
    }
  }

  mustPause(connection: RemotingConnection): boolean {
    const { inFlightBytesMax, inFlightBytesTotalMax } = this.#limits;
    if (connection.inFlightBytes < inFlightBytesMax && this.#totalBytes < inFlightBytesTotalMax) return false;
    // A connection with nothing in flight always gets one request in: nobody starves behind the others' total.
    if (connection.inFlightBytes === 0) return false;
    this.#paused.add(connection);
    return true;
  }

  #isRelieved(connection: RemotingConnection): boolean {
    const { inFlightBytesMax, inFlightBytesTotalMax } = this.#limits;
    return (
      connection.inFlightBytes === 0 ||
      (connection.inFlightBytes <= inFlightBytesMax / 2 && this.#totalBytes <= inFlightBytesTotalMax / 2)
    );
  }

  forget(connection: RemotingConnection): void {
    this.#paused.delete(connection);
  }

  /** Resolves when no handler works. */
  idle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
    });
  }

  #relieve(ended: RemotingConnection): void {
    const candidates =
      this.#totalBytes <= this.#limits.inFlightBytesTotalMax / 2 ? [...this.#paused] : [ended];
    for (const connection of candidates) {
      if (!this.#paused.has(connection) || !this.#isRelieved(connection)) continue;
      this.#paused.delete(connection);
      this.onRelieved(connection);
    }
  }
}
