import type { Timer } from '@centaurmq/remoting';

/** What travels: bytes, or the end of the stream (null: in order; else why). */
export type Packet =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly reason: Error | null };

export interface PipeEnvironment {
  /** How long the next packet travels. */
  delayMillis(): number;
  /** Nothing gets through now. */
  isBlocked(): boolean;
  after(delayMillis: number, callback: () => void): Timer;
  arrived(packet: Packet): void;
  /** Nothing got through for too long. */
  gaveUp(): void;
  readonly giveUpMillis: number;
}

interface Travelling {
  readonly packet: Packet;
  isThere: boolean;
}

/** One direction of a connection: delays differ from packet to packet, order is kept, and what is blocked waits. */
export class PacketPipe {
  readonly #environment: PipeEnvironment;
  readonly #travelling: Travelling[] = [];
  #giveUp: Timer | null = null;
  #isClosed = false;

  constructor(environment: PipeEnvironment) {
    this.#environment = environment;
  }

  send(packet: Packet): void {
    if (this.#isClosed) return;
    const travelling = { packet, isThere: false };
    this.#travelling.push(travelling);
    this.#environment.after(this.#environment.delayMillis(), () => {
      travelling.isThere = true;
      this.#deliver();
    });
  }

  /** What was held goes on its way; called when the network changes. */
  unblock(): void {
    if (this.#travelling.length === 0 || this.#environment.isBlocked()) return;
    this.#environment.after(this.#environment.delayMillis(), () => this.#deliver());
  }

  close(): void {
    this.#isClosed = true;
    this.#travelling.length = 0;
    this.#giveUp?.cancel();
  }

  #deliver(): void {
    while (!this.#isClosed && this.#travelling[0]?.isThere === true) {
      if (this.#environment.isBlocked()) return this.#wait();
      this.#giveUp?.cancel();
      this.#giveUp = null;
      const { packet } = this.#travelling[0];
      this.#travelling.shift();
      this.#environment.arrived(packet);
    }
  }

  #wait(): void {
    this.#giveUp ??= this.#environment.after(this.#environment.giveUpMillis, () => {
      this.#giveUp = null;
      if (!this.#isClosed) this.#environment.gaveUp();
    });
  }
}
