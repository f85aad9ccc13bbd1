import type { RemotingCommand } from '@centaurmq/protocol';

/** One request waiting for its response. Exactly one of the two is called, once. */
export interface PendingCall {
  answered(response: RemotingCommand): void;
  failed(reason: Error): void;
}

const OPAQUE_LIMIT = 0x7fff_ffff;

/** One opaque space: the calls of one side of one connection. Apache RocketMQ: responseTable. */
export class PendingCalls {
  readonly #calls = new Map<number, PendingCall>();
  #lastOpaque = 0;

  get size(): number {
    return this.#calls.size;
  }

  /** @returns the opaque that the request must carry */
  add(call: PendingCall): number {
    do {
      this.#lastOpaque = this.#lastOpaque === OPAQUE_LIMIT ? 1 : this.#lastOpaque + 1;
    } while (this.#calls.has(this.#lastOpaque));
    this.#calls.set(this.#lastOpaque, call);
    return this.#lastOpaque;
  }

  /** An opaque for a request that nobody waits for. */
  nextOpaque(): number {
    this.#lastOpaque = this.#lastOpaque === OPAQUE_LIMIT ? 1 : this.#lastOpaque + 1;
    return this.#lastOpaque;
  }

  /** @returns null when nobody waits (any more) */
  take(opaque: number): PendingCall | null {
    const call = this.#calls.get(opaque);
    if (call === undefined) return null;
    this.#calls.delete(opaque);
    return call;
  }

  failAll(reason: Error): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.failed(reason);
  }
}
