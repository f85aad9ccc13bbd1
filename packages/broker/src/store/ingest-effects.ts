import type { AckOutcome, AnsweredPull } from './message-store.ts';
import type { NativeMessageStore } from './native-message-store.ts';
import { ANSWERED_PULL_NUMBERS, AnsweredPullNumber } from './native-status.ts';
import type { UnsafeResponse } from './unsafe-responses.ts';

export type UnsafeOutcome = Exclude<AckOutcome, 'reached'>;

/** What the hot path leaves to be done once a chunk is answered. */
export interface IngestEffects {
  /** Too many responses wait for a flush: no chunk is ingested until fewer do. */
  readonly isFull: boolean;
  appended(recordCount: number, tookMillis: number): void;
  /** Pulls were answered: `AnsweredPullNumber` for each, in memory that is written again after the call. */
  pulled(pulls: Float64Array, tookMillis: number): void;
  /** Messages have become visible in queues that are watched. */
  arrivalsPending(): void;
  spaceWanted(): void;
  /**
   * Sees to a flush up to the offset, for which `byteCount` bytes of responses are held back by the caller. Then they are settled: null
   * when the log is durable so far, else what they have to say instead. With 0 bytes, after one-way sends, nothing is settled.
   */
  withhold(requiredFlushOffset: number, byteCount: number, settled: Settled): void;
}

/** What is to become of responses that were held back. */
export type Settled = (unsafe: UnsafeResponse | null) => void;

export interface StoreIngestEffectsOptions {
  readonly store: NativeMessageStore;
  /**
   * Responses that wait for a flush. Above it sends go through the general path, whose requests in flight are bounded per
   * connection: a producer that sends faster than the disk is read more slowly.
   */
  readonly withheldBytesMax: number;
  /** Notes what an answered pull leaves to be noted. */
  readonly pullAnswered: (pull: AnsweredPull) => void;
  /** The response code and remark of a send that was appended but did not become safe. */
  readonly unsafeResponse: (outcome: UnsafeOutcome) => UnsafeResponse;
}

export const withheldBytesMaxDefault: number = 16 * 1024 * 1024;

/** Brings the effects to the store, and holds responses back until the flush they need. */
export class StoreIngestEffects implements IngestEffects {
  readonly #options: StoreIngestEffectsOptions;
  #withheldBytes = 0;

  constructor(options: StoreIngestEffectsOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#withheldBytes > this.#options.withheldBytesMax;
  }

  appended(recordCount: number, tookMillis: number): void {
    this.#options.store.noteAppended(recordCount, tookMillis);
  }

  pulled(pulls: Float64Array, tookMillis: number): void {
    const { store, pullAnswered } = this.#options;
    for (let start = 0; start < pulls.length; start += ANSWERED_PULL_NUMBERS)
      pullAnswered(answeredPullAt(pulls, start));
    store.notePulled(pulls.length / ANSWERED_PULL_NUMBERS, tookMillis);
  }

  arrivalsPending(): void {
    this.#options.store.noteArrivals();
  }

  spaceWanted(): void {
    this.#options.store.noteSpaceWanted();
  }

  withhold(requiredFlushOffset: number, byteCount: number, settled: Settled): void {
    const { store, unsafeResponse } = this.#options;
    if (byteCount === 0) return store.gate.requestFlush(requiredFlushOffset);
    this.#withheldBytes += byteCount;
    store.gate.whenReached(requiredFlushOffset, (outcome) => {
      this.#withheldBytes -= byteCount;
      settled(outcome === 'reached' ? null : unsafeResponse(outcome));
    });
  }
}

function answeredPullAt(pulls: Float64Array, start: number): AnsweredPull {
  const at = (index: number): number => pulls[start + index] ?? 0;
  const commitOffset = at(AnsweredPullNumber.COMMIT_OFFSET);
  return {
    id: at(AnsweredPullNumber.ID),
    queueId: at(AnsweredPullNumber.QUEUE_ID),
    nextBeginOffset: at(AnsweredPullNumber.NEXT_BEGIN_OFFSET),
    commitOffset: commitOffset < 0 ? null : commitOffset,
    messageCount: at(AnsweredPullNumber.MESSAGE_COUNT),
    recordBytes: at(AnsweredPullNumber.RECORD_BYTES),
  };
}
