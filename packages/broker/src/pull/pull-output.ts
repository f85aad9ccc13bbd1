import { type RemotingCommand, encodeFrameHead } from '@centaurmq/protocol';
import type { Connection } from '@centaurmq/remoting';
import type {
  GetMessageRequest,
  GetMessageResult,
  MessageStore,
  OutputTooSmall,
} from '../store/message-store.ts';
import { OutputBufferRing } from '../store/output-buffer-ring.ts';

export interface PullOutputLimits {
  /** Records of one pull, unless a single message is longer. */
  readonly recordBytesMax: number;
  /** Buffers at sockets at the same time; beyond it records are copied. */
  readonly buffersMax: number;
  readonly buffersIdleMax: number;
}

export const pullOutputLimits: PullOutputLimits = {
  recordBytesMax: 262_144,
  buffersMax: 64,
  buffersIdleMax: 4,
};

/** Room in front of the records for the frame's head. */
const HEAD_ROOM_BYTES = 1024;

/** Writes frames that are encoded already; `done` says that the memory may be reused. */
export type SendFrames = (connection: Connection, bytes: Uint8Array, done?: () => void) => void;

/** Records that stand in a buffer, ready to become the body of a response. */
export interface PulledRecords {
  readonly result: GetMessageResult;
  /** Sends head and records in one write; at most once, and in the same turn as the read. */
  send(connection: Connection, response: RemotingCommand): void;
  /** For records that are not sent. Does nothing the second time. */
  release(): void;
}

/** Reads records into reused buffers and writes them with their head, without touching a message. */
export class PullOutput {
  readonly #store: Pick<MessageStore, 'read'>;
  readonly #sendFrames: SendFrames;
  readonly #ring: OutputBufferRing;
  #spare: Buffer | null = null;

  constructor(
    store: Pick<MessageStore, 'read'>,
    sendFrames: SendFrames,
    limits: PullOutputLimits = pullOutputLimits,
  ) {
    this.#store = store;
    this.#sendFrames = sendFrames;
    this.#ring = new OutputBufferRing({
      bufferBytes: HEAD_ROOM_BYTES + limits.recordBytesMax,
      buffersMax: limits.buffersMax,
      idleBuffersMax: limits.buffersIdleMax,
    });
  }

  read(request: GetMessageRequest): PulledRecords {
    const taken = this.#ring.take();
    const buffer = taken ?? this.#spareBuffer();
    let lent = taken;
    const release = (): void => {
      if (lent !== null) this.#ring.release(lent);
      lent = null;
    };
    let result: GetMessageResult | OutputTooSmall;
    try {
      result = this.#store.read(request, buffer, HEAD_ROOM_BYTES);
    } catch (error) {
      release();
      throw error;
    }
    if (result.status === 'OUTPUT_TOO_SMALL') {
      release();
      return this.#readOversized(request, result.requiredBytes);
    }
    return {
      result,
      release,
      send: (connection, response) => {
        const frame = framed(buffer, result, response);
        if (taken === null) this.#sendFrames(connection, Buffer.from(frame));
        else this.#sendFrames(connection, frame, release);
      },
    };
  }

  /** One message longer than the buffers: it gets memory of its own, which the peer's limit of unsent bytes bounds. */
  #readOversized(request: GetMessageRequest, recordBytes: number): PulledRecords {
    const buffer = Buffer.allocUnsafeSlow(HEAD_ROOM_BYTES + recordBytes);
    const result = this.#store.read(request, buffer, HEAD_ROOM_BYTES);
    if (result.status === 'OUTPUT_TOO_SMALL') {
      throw new RangeError(
        `The store wants ${result.requiredBytes} bytes for a record of ${request.topic} that it had called ${recordBytes} bytes long.`,
      );
    }
    return {
      result,
      release: () => undefined,
      send: (connection, response) => this.#sendFrames(connection, framed(buffer, result, response)),
    };
  }

  #spareBuffer(): Buffer {
    this.#spare ??= Buffer.allocUnsafeSlow(this.#ring.bufferBytes);
    return this.#spare;
  }
}

/** The head goes right before the records, so that both are one piece of memory. */
function framed(buffer: Buffer, result: GetMessageResult, response: RemotingCommand): Buffer {
  const head = encodeFrameHead(response, result.recordBytes);
  const end = HEAD_ROOM_BYTES + result.recordBytes;
  if (head.length > HEAD_ROOM_BYTES) {
    return Buffer.concat([head, buffer.subarray(HEAD_ROOM_BYTES, end)]);
  }
  head.copy(buffer, HEAD_ROOM_BYTES - head.length);
  return buffer.subarray(HEAD_ROOM_BYTES - head.length, end);
}
