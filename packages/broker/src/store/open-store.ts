import { totalmem } from 'node:os';
import type { Clock, Logger } from '@centaurmq/remoting';
import { type BlockingTasks, inlineBlockingTasks, pooledBlockingTasks } from './blocking-tasks.ts';
import type { StoreIdentity } from './message-store.ts';
import { NativeMessageStore, waitingAcknowledgementsMaxDefault } from './native-message-store.ts';
import { NativeMetadataStore } from './native-metadata-store.ts';
import { type NativeModule, loadNativeModule } from './native-module.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { StoreMaintenance, type StoreMaintenanceSettings } from './store-maintenance.ts';

/** Where the messages live. */
export type StoreLocation =
  | { readonly kind: 'directory'; readonly path: string }
  /** Nothing outlives the process: for tests and for brokers inside a test process. */
  | { readonly kind: 'memory' }
  /** A disk in memory with faults, which outlives brokers. */
  | { readonly kind: 'simulated'; readonly disk: SimulatedDisk };

/** Sizes of files; they must stay as they were when the directory was created. RocketMQ's names. */
export interface StoreFileSizes {
  /** Bytes of one commit log segment. */
  readonly mappedFileSizeCommitLog: number;
  /** Bytes of one consume queue file. */
  readonly mappedFileSizeConsumeQueue: number;
  readonly messageIndexEnable: boolean;
  readonly maxHashSlotNum: number;
  readonly maxIndexNum: number;
  /** Bytes of the largest body. */
  readonly maxMessageSize: number;
}

export interface OpenStoreOptions {
  readonly location: StoreLocation;
  readonly files: StoreFileSizes;
  readonly identity: StoreIdentity;
  readonly settings: StoreMaintenanceSettings & {
    /** Milliseconds a send waits for its flush. */
    readonly syncFlushTimeout: number;
  };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: the engine of this platform. */
  readonly native?: NativeModule;
  /** Default: a pool of threads for a directory, this thread for memory. */
  readonly tasks?: BlockingTasks;
  /** Of the machine; default: what the system says. */
  readonly memoryBytes?: number;
}

/** What recovery found and did; the engine's words. */
export type RecoveryReport = Readonly<Record<string, unknown>> & { readonly endOffset: number };

/** A store that is open: its messages, its metadata and the way to close it. */
export interface OpenStore {
  readonly messages: NativeMessageStore;
  readonly metadata: NativeMetadataStore;
  readonly native: NativeModule;
  readonly report: RecoveryReport;
  /** Begins background flushes, checkpoints and deletion. */
  startMaintenance(): void;
  /** Deletes now what is expired. */
  retain(): Promise<void>;
  /** Flushes everything, writes the checkpoint, removes the abort mark and releases the directory. */
  close(): Promise<void>;
}

const CONSUME_QUEUE_ENTRY_BYTES = 20;
/** Of the machine's memory: that much of the active segment is held ready for the messages to come. */
const WARM_MEMORY_RATIO = 1 / 16;

/**
 * Opens or creates a store and recovers it. Rejects when the directory is in use by another process, cannot be written,
 * or holds damage in the range that was safe: the error says where and what to do.
 */
export async function openStore(options: OpenStoreOptions): Promise<OpenStore> {
  const { clock, logger, identity, settings } = options;
  const native = options.native ?? loadNativeModule();
  const onDisk = options.location.kind === 'directory';
  const tasks = options.tasks ?? (onDisk ? pooledBlockingTasks(native) : inlineBlockingTasks(native));
  const memoryBytes = options.memoryBytes ?? totalmem();
  const opened = await openOrReleaseThreads(options, tasks);
  const messages = new NativeMessageStore(opened.store, opened.report.endOffset, {
    native,
    tasks,
    clock,
    logger,
    identity,
    syncFlushTimeoutMillis: settings.syncFlushTimeout,
    waitingAcknowledgementsMax: waitingAcknowledgementsMaxDefault,
    memoryBytes,
  });
  const maintenance = new StoreMaintenance({
    store: messages,
    tasks,
    clock,
    logger,
    settings,
    warmBytesMax: options.location.kind === 'memory' ? 0 : Math.floor(memoryBytes * WARM_MEMORY_RATIO),
  });
  return {
    messages,
    metadata: new NativeMetadataStore(opened.store, tasks),
    native,
    report: opened.report,
    startMaintenance: () => maintenance.start(),
    retain: () => maintenance.retain(),
    async close() {
      await maintenance.stop();
      await messages.gate.close();
      await tasks.run('close', opened.store, clock.now());
      await tasks.close();
    },
  };
}

async function openOrReleaseThreads(
  options: OpenStoreOptions,
  tasks: BlockingTasks,
): Promise<{ store: number; report: RecoveryReport }> {
  try {
    return JSON.parse(await tasks.run('open', engineOptions(options))) as {
      store: number;
      report: RecoveryReport;
    };
  } catch (error) {
    await tasks.close();
    throw error;
  }
}

function engineOptions({ location, files, settings }: OpenStoreOptions): string {
  return JSON.stringify({
    ...diskOptions(location),
    segmentBytes: files.mappedFileSizeCommitLog,
    appendBy: settings.flushDiskType === 'SYNC_FLUSH' ? 'writing' : 'mapping',
    consumeQueueFileEntries: Math.floor(files.mappedFileSizeConsumeQueue / CONSUME_QUEUE_ENTRY_BYTES),
    indexEnabled: files.messageIndexEnable,
    indexSlots: files.maxHashSlotNum,
    indexEntries: files.maxIndexNum,
    bodyBytesMax: files.maxMessageSize,
  });
}

function diskOptions(location: StoreLocation): Readonly<Record<string, unknown>> {
  switch (location.kind) {
    case 'memory':
      return { disk: 'memory' };
    case 'simulated':
      return { disk: 'simulated', simulatedDisk: location.disk.number };
    case 'directory':
      return { disk: 'directory', directory: location.path };
  }
}
