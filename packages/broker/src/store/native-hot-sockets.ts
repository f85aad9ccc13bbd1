import { getSystemErrorName } from 'node:util';
import { constants } from 'node:os';
import { hostAddressBytes } from '@centaurmq/protocol';
import type {
  AcceptedDescriptor,
  Clock,
  HotSocket,
  HotSocketEvents,
  HotSockets,
  IngestResult,
  Logger,
  SocketReader,
} from '@centaurmq/remoting';
import type { IngestEffects } from './ingest-effects.ts';
import { describeViolation } from './ingest-violation.ts';
import { ingestLimits } from './native-chunk-ingestor.ts';
import type { NativeHotSockets, NativeModule } from './native-module.ts';
import { ANSWERED_PULL_NUMBERS, HOT_HEAD_NUMBERS, HotHead, HotStep, SocketReading } from './native-status.ts';
import { tellEffects } from './tell-effects.ts';
import { type UnsafeResponse, unsafeResponses } from './unsafe-responses.ts';

export interface HotSocketsOptions {
  readonly native: NativeModule;
  /** The engine's number of the store. */
  readonly store: number;
  readonly effects: IngestEffects;
  readonly clock: Clock;
  readonly logger: Logger;
}

const RECEIVED_BYTES_MAX = 256 * 1024;

/**
 * Sockets that the engine reads, ingests and answers by itself, on this thread's loop: one call of JavaScript for all that are ready,
 * and one more for each that has something left.
 */
export class EngineHotSockets implements HotSockets {
  readonly #options: HotSocketsOptions;
  readonly #native: NativeHotSockets;
  readonly #events = new Map<number, HotSocketEvents>();
  readonly #received = Buffer.allocUnsafeSlow(RECEIVED_BYTES_MAX);
  readonly #out = Buffer.allocUnsafeSlow(ingestLimits.outputBytes);
  readonly #head = new Float64Array(HOT_HEAD_NUMBERS);
  readonly #frames = new Uint32Array(2 * ingestLimits.otherFramesMax);
  readonly #pulls = new Float64Array(ANSWERED_PULL_NUMBERS * ingestLimits.answeredPullsMax);

  /** Throws where the system or the runtime has no way for it. */
  constructor(options: HotSocketsOptions) {
    this.#options = options;
    this.#native = new options.native.HotSockets(options.store, () => this.#turn());
  }

  add(accepted: AcceptedDescriptor, events: HotSocketEvents): HotSocket {
    const { descriptor, local, remote } = accepted;
    const socket = this.#native.add(descriptor, hostAddressBytes(remote), local.port);
    this.#events.set(socket, events);
    return new EngineHotSocket(this.#native, socket, () => this.#events.delete(socket));
  }

  close(): void {
    this.#failAll(new Error('the broker has stopped'));
    this.#native.close();
  }

  /** Serves every socket that is ready. */
  #turn(): void {
    try {
      const now = this.#options.clock.now();
      for (let step = this.#step(now); step !== HotStep.DONE; step = this.#step(now)) this.#tell(step);
    } catch (error) {
      this.#options.logger.error(
        { err: error },
        'The hot path failed; the connections that it served are closed.',
      );
      this.#failAll(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #step(now: number): number {
    const isHot = !this.#options.effects.isFull;
    const [received, out, head] = [this.#received, this.#out, this.#head];
    const step = this.#native.step(now, isHot, received, out, head, this.#frames, this.#pulls);
    this.#tellEffects();
    return step;
  }

  /** Before anything else: what a socket has left may depend on what others have done. */
  #tellEffects(): void {
    const { effects } = this.#options;
    tellEffects(effects, this.#head, HotHead, this.#pulls, this.#at(HotHead.TOOK_MILLIS));
    const requiredFlushOffset = this.#at(HotHead.REQUIRED_FLUSH_OFFSET);
    if (requiredFlushOffset > 0)
      effects.withhold(requiredFlushOffset, this.#at(HotHead.WITHHELD_BYTES), (unsafe) =>
        unsafe === null ? this.#release(requiredFlushOffset) : this.#rewrite(requiredFlushOffset, unsafe),
      );
  }

  #tell(step: number): void {
    const events = this.#events.get(this.#at(HotHead.SOCKET));
    if (events === undefined) return;
    if (step === HotStep.READABLE) events.readable();
    else if (step === HotStep.INGESTED) this.#tellIngested(events);
    else if (step === HotStep.DRAINED) events.drained();
    else if (step === HotStep.ENDED) events.ended();
    else if (step === HotStep.FAILED) events.failed(systemError('socket', this.#at(HotHead.ERROR_NUMBER)));
  }

  #tellIngested(events: HotSocketEvents): void {
    const chunk = this.#received.subarray(0, this.#at(HotHead.RECEIVED_BYTES));
    const result = this.#result();
    if (this.#at(HotHead.UNSENT_BYTES) > 0) events.congested();
    events.ingested(chunk, result);
  }

  #result(): IngestResult {
    const consumedBytes = this.#at(HotHead.CONSUMED_BYTES);
    const violation = this.#at(HotHead.VIOLATION);
    return {
      consumedBytes,
      responses: null,
      release: null,
      otherFrames: Array.from(this.#frames.subarray(0, 2 * this.#at(HotHead.OTHER_FRAME_COUNT))),
      violation: violation === 0 ? null : describeViolation(violation, consumedBytes),
    };
  }

  #release(offset: number): void {
    for (let left = this.#native.release(offset, true); left; left = this.#native.release(offset, true))
      this.#events.get(left.socket)?.congested();
  }

  #rewrite(offset: number, unsafe: UnsafeResponse): void {
    for (let left = this.#native.release(offset, false); left; left = this.#native.release(offset, false)) {
      const { buffer, byteOffset, byteLength } = left.frames;
      const frames = Buffer.from(buffer, byteOffset, byteLength);
      this.#events.get(left.socket)?.released(unsafeResponses(frames, unsafe));
    }
  }

  #failAll(error: Error): void {
    for (const events of this.#events.values()) events.failed(error);
  }

  #at(index: number): number {
    return this.#head[index] ?? 0;
  }
}

/** Null where the system or the runtime has no way for it. */
export function openHotSockets(options: HotSocketsOptions): HotSockets | null {
  try {
    return new EngineHotSockets(options);
  } catch (error) {
    options.logger.info({ reason: String(error) }, 'sockets are served by Node.js');
    return null;
  }
}

class EngineHotSocket implements HotSocket {
  readonly #native: NativeHotSockets;
  readonly #socket: number;
  readonly #closed: () => void;

  constructor(native: NativeHotSockets, socket: number, closed: () => void) {
    this.#native = native;
    this.#socket = socket;
    this.#closed = closed;
  }

  get unsentBytes(): number {
    return this.#native.unsentBytes(this.#socket);
  }

  setReader(reader: SocketReader): void {
    checked('epoll_ctl', this.#native.setReading(this.#socket, SocketReading[reader]));
  }

  receive(buffer: Uint8Array): number | null {
    const received = this.#native.receive(this.#socket, buffer);
    return received === -constants.errno.EAGAIN ? null : checked('read', received);
  }

  send(bytes: Uint8Array): number {
    return checked('write', this.#native.send(this.#socket, bytes));
  }

  takeHeard(): boolean {
    return this.#native.takeHeard(this.#socket);
  }

  end(): void {
    checked('shutdown', this.#native.end(this.#socket));
  }

  close(): void {
    this.#closed();
    this.#native.remove(this.#socket);
  }
}

function checked(call: string, answer: number): number {
  if (answer < 0) throw systemError(call, -answer);
  return answer;
}

/** As Node's own. */
function systemError(syscall: string, errno: number): Error {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${syscall} ${code}`), { code, errno: -errno, syscall });
}
