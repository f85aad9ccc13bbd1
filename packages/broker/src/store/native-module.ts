import { createRequire } from 'node:module';

/**
 * The native storage engine's functions, as the binding exports them. A store is a process-global number, so
 * that worker threads address the same mapped segments. 64-bit values cross as `number`; `head` arrays belong to
 * the caller and are reused. Functions marked blocking are called through {@link BlockingTasks} only.
 */
export interface NativeModule {
  /** Blocking. Answers `{"store":n,"report":{…}}`. */
  open(optionsJson: string): string;
  /** Blocking. */
  close(store: number, nowMillis: number): void;
  configure(store: number, identityJson: string): void;
  defineTopic(store: number, specJson: string): number;
  /** Blocking. */
  deleteTopic(store: number, topic: number): void;
  configurePulls(store: number, limitsJson: string): void;
  definePullGroup(store: number, groupJson: string): void;
  append(store: number, request: Uint8Array, nowMillis: number, head: Float64Array): number;
  ingest(
    store: number,
    peer: Uint8Array,
    localPort: number,
    chunk: Uint8Array,
    nowMillis: number,
    out: Uint8Array,
    head: Float64Array,
    frames: Uint32Array,
    pulls: Float64Array,
  ): number;
  read(
    store: number,
    topic: number,
    queueId: number,
    queueOffset: number,
    maxCount: number,
    maxBytes: number,
    tagCodes: Int32Array | null,
    out: Uint8Array,
    outStart: number,
    head: Float64Array,
  ): number;
  isCold(
    store: number,
    topic: number,
    queueId: number,
    queueOffset: number,
    maxCount: number,
    maxBytes: number,
    tagCodes: Int32Array | null,
  ): boolean;
  /** Blocking. */
  warm(
    store: number,
    topic: number,
    queueId: number,
    queueOffset: number,
    maxCount: number,
    maxBytes: number,
    tagCodes: Int32Array | null,
  ): void;
  lookup(store: number, commitLogOffset: number, out: Uint8Array, head: Float64Array): number;
  queueState(store: number, topic: number, queueId: number, head: Float64Array): number;
  topicPutTotal(store: number, topic: number): number;
  searchOffset(store: number, topic: number, queueId: number, timestamp: number, upper: boolean): number;
  watch(store: number, topic: number, queueId: number, on: boolean): void;
  arrivals(store: number, out: Uint32Array): number;
  /** Blocking. */
  flush(store: number): number;
  /** Flushes away from the calling thread what `wantFlush` asks for; tells the flushed offset after each, -1 for a failure. */
  startFlusher(store: number, onFlushed: (flushedOffset: number) => void): void;
  wantFlush(store: number): void;
  /** Blocking. */
  queryIndex(
    store: number,
    topic: string,
    key: string,
    maxCount: number,
    beginMillis: number,
    endMillis: number,
    out: Float64Array,
  ): number;
  /** Blocking. */
  maintain(store: number, taskJson: string): string;
  status(store: number): string;
  /** One task with a disk in memory that has faults; answers JSON. See `SimulatedDisk`. */
  simulatedDisk(taskJson: string): string;
  /** Forgets an open store as the death of its process does. */
  abandon(store: number): void;
  /** A second descriptor of the same socket; not on Windows. */
  duplicateDescriptor(descriptor: number): number;
  /** Throws where the system or the runtime has no way for it. */
  readonly HotSockets: new (store: number, onReady: () => void) => NativeHotSockets;
  /** Blocking. */
  metadataScan(store: number, table: string): Uint8Array;
  /** Blocking. */
  metadataCommit(store: number, batch: Uint8Array): void;
}

/** See the binding's `HotSockets`. Calls on one socket answer a negative error number when they fail. */
export interface NativeHotSockets {
  /** Ends `onReady`; sockets stay. */
  close(): void;
  add(descriptor: number, peer: Uint8Array, localPort: number): number;
  remove(socket: number): void;
  /** 0 nobody, 1 the caller, 2 the hot path. */
  setReading(socket: number, reading: number): number;
  receive(socket: number, buffer: Uint8Array): number;
  send(socket: number, bytes: Uint8Array): number;
  unsentBytes(socket: number): number;
  takeHeard(socket: number): boolean;
  end(socket: number): number;
  step(
    nowMillis: number,
    hotPath: boolean,
    received: Uint8Array,
    out: Uint8Array,
    head: Float64Array,
    frames: Uint32Array,
    pulls: Float64Array,
  ): number;
  release(flushedOffset: number, write: boolean): { socket: number; frames: Uint8Array } | null;
}

/** Loads the compiled engine of this platform; the error of a missing one names what to build. */
export function loadNativeModule(): NativeModule {
  const require = createRequire(import.meta.url);
  return require('@centaurmq/native') as NativeModule;
}
