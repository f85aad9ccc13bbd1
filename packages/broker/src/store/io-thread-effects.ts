import type { Clock, Timer } from '@centaurmq/remoting';
import type { IngestEffects, Settled } from './ingest-effects.ts';
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
  /** So many bytes of responses wait for a flush; `token` names them. */
  | {
      readonly kind: 'withheld';
      readonly token: number;
      readonly requiredFlushOffset: number;
      readonly byteCount: number;
    };

/** The answer to `withheld`: what has become of them. */
export interface SettledNote {
  readonly token: number;
  readonly unsafe: UnsafeResponse | null;
}

/** Counts of appended messages are told this late: a note for each turn of the loop costs more than the turn. */
const COUNTS_DELAY_MILLIS = 10;

/** The effects of an I/O thread's hot path: joined and told to the broker's thread, what somebody waits for per turn of the loop. */
export class IoThreadEffects implements IngestEffects {
  readonly #clock: Clock;
  readonly #note: (note: IoThreadNote) => void;
  readonly #withheld = new Map<number, { readonly byteCount: number; readonly settled: Settled }>();
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

  withhold(requiredFlushOffset: number, byteCount: number, settled: Settled): void {
    const token = ++this.#lastToken;
    if (byteCount > 0) {
      this.#withheldBytes += byteCount;
      this.#withheld.set(token, { byteCount, settled });
    }
    this.#note({ kind: 'withheld', token, requiredFlushOffset, byteCount });
  }

  settled({ token, unsafe }: SettledNote): void {
    const withheld = this.#withheld.get(token);
    if (withheld === undefined) return;
    this.#withheld.delete(token);
    this.#withheldBytes -= withheld.byteCount;
    withheld.settled(unsafe);
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
  settle: (settled: SettledNote) => void,
): void {
  if (note.kind === 'withheld') {
    const { token, requiredFlushOffset, byteCount } = note;
    return effects.withhold(requiredFlushOffset, byteCount, (unsafe) => settle({ token, unsafe }));
  }
  if (note.kind === 'pulled') return effects.pulled(note.pulls, note.tookMillis);
  if (note.recordCount > 0) effects.appended(note.recordCount, note.tookMillis);
  if (note.arrivalsPending) effects.arrivalsPending();
  if (note.spaceWanted) effects.spaceWanted();
}
