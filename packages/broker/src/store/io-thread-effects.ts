import type { Clock, Timer } from '@centaurmq/remoting';
import type { IngestEffects, KeptResponses } from './ingest-effects.ts';
import { withheldBytesMaxDefault } from './ingest-effects.ts';
import type { UnsafeResponse } from './unsafe-responses.ts';

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
    }
  /** The same, for responses that stay in the engine. */
  | {
      readonly kind: 'withheldKept';
      readonly token: number;
      readonly requiredFlushOffset: number;
      readonly byteCount: number;
    };

export type ReleasedNote =
  /** The answer to `withheld`: what is to be written. */
  | { readonly kind: 'released'; readonly token: number; readonly responses: Uint8Array }
  /** The answer to `withheldKept`; `unsafe` tells why the messages did not become safe. */
  | { readonly kind: 'releasedKept'; readonly token: number; readonly unsafe: UnsafeResponse | null };

interface Kept {
  readonly requiredFlushOffset: number;
  readonly byteCount: number;
  readonly responses: KeptResponses;
}

/** Counts of appended messages are told this late: a note for each turn of the loop costs more than the turn. */
const COUNTS_DELAY_MILLIS = 10;

/** The effects of an I/O thread's hot path: joined and told to the broker's thread, what somebody waits for per turn of the loop. */
export class IoThreadEffects implements IngestEffects {
  readonly #clock: Clock;
  readonly #note: (note: IoThreadNote) => void;
  readonly #writes = new Map<
    number,
    { readonly length: number; readonly write: (responses: Buffer) => void }
  >();
  readonly #kept = new Map<number, Kept>();
  #lastToken = 0;
  #withheldBytes = 0;
  #ingested: Ingested = nothingIngested();
  #countsTimer: Timer | null = null;
  #isNotingSoon = false;

  constructor(clock: Clock, note: (note: IoThreadNote) => void) {
    this.#clock = clock;
    this.#note = note;
  }

  get isFull(): boolean {
    return this.#withheldBytes > withheldBytesMaxDefault;
  }

  appended(recordCount: number, tookMillis: number): void {
    this.#ingested.recordCount += recordCount;
    this.#ingested.tookMillis += tookMillis;
    this.#countsTimer ??= this.#clock.setTimer(COUNTS_DELAY_MILLIS, () => this.#noteIngested());
  }

  /** At once: what is forwarded behind them may commit the same offsets. */
  pulled(pulls: Float64Array, tookMillis: number): void {
    this.#note({ kind: 'pulled', pulls: pulls.slice(), tookMillis });
  }

  arrivalsPending(): void {
    this.#ingested.arrivalsPending = true;
    this.#noteSoon();
  }

  spaceWanted(): void {
    this.#ingested.spaceWanted = true;
    this.#noteSoon();
  }

  withhold(requiredFlushOffset: number, responses: Buffer, write: (responses: Buffer) => void): void {
    const token = ++this.#lastToken;
    if (responses.length > 0) {
      this.#withheldBytes += responses.length;
      this.#writes.set(token, { length: responses.length, write });
    }
    this.#note({ kind: 'withheld', token, requiredFlushOffset, responses });
  }

  withholdKept(requiredFlushOffset: number, byteCount: number, responses: KeptResponses): void {
    const token = ++this.#lastToken;
    if (byteCount > 0) {
      this.#withheldBytes += byteCount;
      this.#kept.set(token, { requiredFlushOffset, byteCount, responses });
    }
    this.#note({ kind: 'withheldKept', token, requiredFlushOffset, byteCount });
  }

  released(note: ReleasedNote): void {
    if (note.kind === 'releasedKept') return this.#releasedKept(note.token, note.unsafe);
    const withheld = this.#writes.get(note.token);
    if (withheld === undefined) return;
    this.#writes.delete(note.token);
    this.#withheldBytes -= withheld.length;
    const { buffer, byteOffset, byteLength } = note.responses;
    withheld.write(Buffer.from(buffer, byteOffset, byteLength));
  }

  #releasedKept(token: number, unsafe: UnsafeResponse | null): void {
    const kept = this.#kept.get(token);
    if (kept === undefined) return;
    this.#kept.delete(token);
    this.#withheldBytes -= kept.byteCount;
    if (unsafe === null) kept.responses.release(kept.requiredFlushOffset);
    else kept.responses.rewrite(kept.requiredFlushOffset, unsafe);
  }

  #noteSoon(): void {
    if (this.#isNotingSoon) return;
    this.#isNotingSoon = true;
    setImmediate(() => {
      if (this.#isNotingSoon) this.#noteIngested();
    });
  }

  #noteIngested(): void {
    this.#countsTimer?.cancel();
    this.#countsTimer = null;
    this.#isNotingSoon = false;
    this.#note({ kind: 'ingested', ...this.#ingested });
    this.#ingested = nothingIngested();
  }
}

function nothingIngested(): Ingested {
  return { recordCount: 0, tookMillis: 0, arrivalsPending: false, spaceWanted: false };
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
    effects.withhold(requiredFlushOffset, responses, (released) =>
      release({ kind: 'released', token, responses: released }),
    );
    return;
  }
  if (note.kind === 'withheldKept') {
    const { token, requiredFlushOffset, byteCount } = note;
    return effects.withholdKept(requiredFlushOffset, byteCount, {
      release: () => release({ kind: 'releasedKept', token, unsafe: null }),
      rewrite: (_offset, unsafe) => release({ kind: 'releasedKept', token, unsafe }),
    });
  }
  if (note.kind === 'pulled') return effects.pulled(note.pulls, note.tookMillis);
  if (note.recordCount > 0) effects.appended(note.recordCount, note.tookMillis);
  if (note.arrivalsPending) effects.arrivalsPending();
  if (note.spaceWanted) effects.spaceWanted();
}
