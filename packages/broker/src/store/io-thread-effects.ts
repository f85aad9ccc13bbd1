import type { IngestEffects } from './ingest-effects.ts';
import { withheldBytesMaxDefault } from './ingest-effects.ts';

interface Ingested {
  recordCount: number;
  /** Milliseconds the engine took for them. */
  tookMillis: number;
  arrivalsPending: boolean;
  spaceWanted: boolean;
}

/** What the hot path of an I/O thread tells the broker's thread. */
export type IoThreadNote =
  | ({ readonly kind: 'ingested' } & Readonly<Ingested>)
  | { readonly kind: 'pulled'; readonly pulls: Float64Array; readonly tookMillis: number }
  /** Responses that wait for a flush; `token` names them. */
  | {
      readonly kind: 'withheld';
      readonly token: number;
      readonly requiredFlushOffset: number;
      readonly responses: Uint8Array;
    };

/** The answer to `withheld`: what is to be written. */
export interface ReleasedNote {
  readonly token: number;
  readonly responses: Uint8Array;
}

/** The effects of an I/O thread's hot path: joined per turn of the loop and told to the broker's thread. */
export class IoThreadEffects implements IngestEffects {
  readonly #note: (note: IoThreadNote) => void;
  readonly #writes = new Map<
    number,
    { readonly length: number; readonly write: (responses: Buffer) => void }
  >();
  #lastToken = 0;
  #withheldBytes = 0;
  #ingested: Ingested | null = null;

  constructor(note: (note: IoThreadNote) => void) {
    this.#note = note;
  }

  get isFull(): boolean {
    return this.#withheldBytes > withheldBytesMaxDefault;
  }

  appended(recordCount: number, tookMillis: number): void {
    const ingested = this.#noteSoon();
    ingested.recordCount += recordCount;
    ingested.tookMillis += tookMillis;
  }

  /** At once: what is forwarded behind them may commit the same offsets. */
  pulled(pulls: Float64Array, tookMillis: number): void {
    this.#note({ kind: 'pulled', pulls: pulls.slice(), tookMillis });
  }

  arrivalsPending(): void {
    this.#noteSoon().arrivalsPending = true;
  }

  spaceWanted(): void {
    this.#noteSoon().spaceWanted = true;
  }

  withhold(requiredFlushOffset: number, responses: Buffer, write: (responses: Buffer) => void): void {
    const token = ++this.#lastToken;
    if (responses.length > 0) {
      this.#withheldBytes += responses.length;
      this.#writes.set(token, { length: responses.length, write });
    }
    this.#note({ kind: 'withheld', token, requiredFlushOffset, responses });
  }

  released({ token, responses }: ReleasedNote): void {
    const withheld = this.#writes.get(token);
    if (withheld === undefined) return;
    this.#writes.delete(token);
    this.#withheldBytes -= withheld.length;
    withheld.write(Buffer.from(responses.buffer, responses.byteOffset, responses.byteLength));
  }

  #noteSoon(): Ingested {
    if (this.#ingested !== null) return this.#ingested;
    const ingested: Ingested = {
      recordCount: 0,
      tookMillis: 0,
      arrivalsPending: false,
      spaceWanted: false,
    };
    this.#ingested = ingested;
    setImmediate(() => {
      this.#ingested = null;
      this.#note({ kind: 'ingested', ...ingested });
    });
    return ingested;
  }
}

/** Brings what an I/O thread noted to the store. */
export function applyIoThreadNote(
  effects: IngestEffects,
  note: IoThreadNote,
  release: (released: ReleasedNote) => void,
): void {
  if (note.kind === 'withheld') {
    const { token, requiredFlushOffset } = note;
    const { buffer, byteOffset, byteLength } = note.responses;
    const responses = Buffer.from(buffer, byteOffset, byteLength);
    effects.withhold(requiredFlushOffset, responses, (released) => release({ token, responses: released }));
    return;
  }
  if (note.kind === 'pulled') return effects.pulled(note.pulls, note.tookMillis);
  if (note.recordCount > 0) effects.appended(note.recordCount, note.tookMillis);
  if (note.arrivalsPending) effects.arrivalsPending();
  if (note.spaceWanted) effects.spaceWanted();
}
