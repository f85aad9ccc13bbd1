import { hostAddressBytes } from '@centaurmq/protocol';
import { wholeFrames } from '@centaurmq/remoting';
import type { ChunkIngestor, Clock, Connection, IngestResult, Logger } from '@centaurmq/remoting';
import type { IngestEffects } from './ingest-effects.ts';
import { describeViolation } from './ingest-violation.ts';
import type { NativeModule } from './native-module.ts';
import { ANSWERED_PULL_NUMBERS, IngestHead } from './native-status.ts';
import { OutputBufferRing } from './output-buffer-ring.ts';
import { tellEffects } from './tell-effects.ts';
import { unsafeResponses } from './unsafe-responses.ts';

export interface IngestLimits {
  /**
   * Responses to one call of the engine; a chunk that needs more is ingested in several calls. Pulls need room for the largest
   * answer each: several of the usual size fit.
   */
  readonly outputBytes: number;
  /** Output buffers at sockets at the same time; beyond it responses are copied. */
  readonly outputBuffersMax: number;
  readonly outputBuffersIdleMax: number;
  /** Frames of one call that the engine may leave to TypeScript, which asks between calls whether the peer reads its answers. */
  readonly otherFramesMax: number;
  /** Pulls of one call that the engine may answer. */
  readonly answeredPullsMax: number;
}

export const ingestLimits: IngestLimits = {
  outputBytes: 512 * 1024,
  outputBuffersMax: 64,
  outputBuffersIdleMax: 4,
  otherFramesMax: 64,
  answeredPullsMax: 1024,
};

const NO_FRAMES: readonly number[] = [];

export interface NativeChunkIngestorOptions {
  readonly native: NativeModule;
  /** The engine's number of the store. */
  readonly store: number;
  readonly effects: IngestEffects;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: IngestLimits;
  /** Writes frames that waited for a flush; nothing happens when the connection is gone. */
  readonly sendFrames: (connection: Connection, bytes: Uint8Array) => void;
}

/**
 * The hot path: one call of the engine per received chunk. It appends every plain send to a known topic, answers every plain
 * pull of messages that are in memory, and lists all other frames. What else a chunk has for effects goes to
 * {@link IngestEffects}.
 */
export class NativeChunkIngestor implements ChunkIngestor {
  readonly #options: NativeChunkIngestorOptions;
  readonly #limits: IngestLimits;
  readonly #ring: OutputBufferRing;
  readonly #peers = new Map<Connection, Buffer>();
  readonly #head = new Float64Array(16);
  readonly #frames: Uint32Array;
  readonly #pulls: Float64Array;
  #spare: Buffer | null = null;

  constructor(options: NativeChunkIngestorOptions) {
    this.#options = options;
    this.#limits = options.limits ?? ingestLimits;
    this.#frames = new Uint32Array(2 * this.#limits.otherFramesMax);
    this.#pulls = new Float64Array(ANSWERED_PULL_NUMBERS * this.#limits.answeredPullsMax);
    this.#ring = new OutputBufferRing({
      bufferBytes: this.#limits.outputBytes,
      buffersMax: this.#limits.outputBuffersMax,
      idleBuffersMax: this.#limits.outputBuffersIdleMax,
    });
  }

  ingest(connection: Connection, chunk: Uint8Array): IngestResult {
    const { native, store, effects, clock, logger } = this.#options;
    if (effects.isFull) return leftToGeneralPath(chunk);
    const head = this.#head;
    const taken = this.#ring.take();
    const out = taken ?? this.#spareOutput();
    const startedAt = clock.monotonicMillis();
    let violationCode: number;
    try {
      const peer = this.#peerOf(connection);
      const { port } = connection.local;
      const now = clock.now();
      violationCode = native.ingest(store, peer, port, chunk, now, out, head, this.#frames, this.#pulls);
    } catch (error) {
      if (taken !== null) this.#ring.release(taken);
      logger.error({ error, remote: connection.remote }, 'The hot path failed; the general path takes over.');
      return leftToGeneralPath(chunk);
    }
    const responseBytes = at(head, IngestHead.RESPONSE_BYTES);
    tellEffects(effects, head, IngestHead, this.#pulls, clock.monotonicMillis() - startedAt);
    if (at(head, IngestHead.REQUIRED_FLUSH_OFFSET) > 0) this.#withhold(connection, out, head);
    const otherFrameCount = at(head, IngestHead.OTHER_FRAME_COUNT);
    const consumedBytes = at(head, IngestHead.CONSUMED_BYTES);
    const lent = responseBytes === 0 ? null : taken;
    if (taken !== null && lent === null) this.#ring.release(taken);
    return {
      consumedBytes,
      responses: responseBytes === 0 ? null : responsesOf(out, taken, responseBytes),
      release: lent === null ? null : () => this.#ring.release(lent),
      otherFrames:
        otherFrameCount === 0 ? NO_FRAMES : Array.from(this.#frames.subarray(0, 2 * otherFrameCount)),
      violation: violationCode === 0 ? null : describeViolation(violationCode, consumedBytes),
    };
  }

  connectionClosed(connection: Connection): void {
    this.#peers.delete(connection);
  }

  /** The producer's address as records have it, once per connection. */
  #peerOf(connection: Connection): Buffer {
    let peer = this.#peers.get(connection);
    if (peer === undefined) {
      peer = hostAddressBytes(connection.remote);
      this.#peers.set(connection, peer);
    }
    return peer;
  }

  #spareOutput(): Buffer {
    this.#spare ??= Buffer.allocUnsafeSlow(this.#limits.outputBytes);
    return this.#spare;
  }

  #withhold(connection: Connection, out: Buffer, head: Float64Array): void {
    const { effects, sendFrames } = this.#options;
    const start = at(head, IngestHead.WITHHELD_START);
    const withheld = Buffer.from(out.subarray(start, start + at(head, IngestHead.WITHHELD_BYTES)));
    effects.withhold(at(head, IngestHead.REQUIRED_FLUSH_OFFSET), withheld.length, (unsafe) =>
      sendFrames(connection, unsafe === null ? withheld : unsafeResponses(withheld, unsafe)),
    );
  }
}

/** What is not written from a buffer of the ring is copied: the next call needs the memory. */
function responsesOf(out: Buffer, taken: Buffer | null, responseBytes: number): Buffer {
  const responses = out.subarray(0, responseBytes);
  return taken === null ? Buffer.from(responses) : responses;
}

function at(head: Float64Array, index: number): number {
  return head[index] ?? 0;
}

/** All whole frames of a chunk; the server has checked that there is one. */
function leftToGeneralPath(chunk: Uint8Array): IngestResult {
  const otherFrames = wholeFrames(chunk);
  return {
    consumedBytes: otherFrames.at(-1) ?? 0,
    responses: null,
    release: null,
    otherFrames,
    violation: null,
  };
}
