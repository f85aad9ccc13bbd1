import type { Clock, Logger, Timer } from '@centaurmq/remoting';
import type { BlockingTasks } from './blocking-tasks.ts';
import { type RetentionSettings, decideRetention } from './decide-retention.ts';
import type { NativeMessageStore } from './native-message-store.ts';

export interface StoreMaintenanceSettings extends RetentionSettings {
  /** Milliseconds between two background flushes of the commit log. */
  readonly flushIntervalCommitLog: number;
  /** Bytes of one commit log segment. */
  readonly mappedFileSizeCommitLog: number;
  readonly flushDiskType: 'ASYNC_FLUSH' | 'SYNC_FLUSH';
}

const CHECKPOINT_INTERVAL_MILLIS = 10_000;
const RETENTION_INTERVAL_MILLIS = 10_000;
/** After a failure, as of a full disk, a task is not tried again at once: sends ask for it thousands of times a second. */
const RETRY_AFTER_FAILURE_MILLIS = 1000;

export interface StoreMaintenanceOptions {
  readonly store: NativeMessageStore;
  readonly tasks: BlockingTasks;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Read on every round. */
  readonly settings: StoreMaintenanceSettings;
  /** Bytes of the active segment that are brought into memory at the start; 0: none. */
  readonly warmBytesMax: number;
}

type MaintenanceTask =
  | { readonly task: 'prepareSpace' | 'checkpoint' }
  | { readonly task: 'warmSegment'; readonly bytesMax: number }
  | {
      readonly task: 'retain';
      readonly nowMillis: number;
      readonly ageMillisMax: number | null;
      readonly logBytesMax: number | null;
      readonly segmentCountMax: number;
    };

/** The engine gives these up when the store closes. */
const ABANDONED_AT_CLOSE: ReadonlySet<string> = new Set(['warmSegment', 'prepareSpace']);

/**
 * What the store needs from time to time: background flushes, the next segment, checkpoints, deletion. Does nothing while
 * nothing is appended, so that an idle broker starts no threads; only the active segment is made ready at once, before
 * its first messages come: brought into memory, or, where acknowledgements wait for the disk, written ahead.
 */
export class StoreMaintenance {
  readonly #options: StoreMaintenanceOptions;
  readonly #timers = new Map<string, Timer>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #retryAt = new Map<string, number>();
  #checkpointDue = false;
  #stopped = false;

  constructor(options: StoreMaintenanceOptions) {
    this.#options = options;
  }

  start(): void {
    const { store, settings, warmBytesMax } = this.#options;
    store.onSpaceWanted(() => this.#prepareSpace());
    if (warmBytesMax > 0) {
      if (settings.flushDiskType === 'SYNC_FLUSH') this.#prepareSpace();
      else this.#launch('warmSegment', () => this.#maintain({ task: 'warmSegment', bytesMax: warmBytesMax }));
    }
    this.#every('flush', settings.flushIntervalCommitLog, () => this.#flush());
    this.#every('checkpoint', CHECKPOINT_INTERVAL_MILLIS, () => this.#checkpoint());
    this.#every('retain', RETENTION_INTERVAL_MILLIS, () => this.retain());
  }

  /** Stops the timers and waits for what runs, except for what closing the store ends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers.values()) timer.cancel();
    const awaited = [...this.#running].filter(([name]) => !ABANDONED_AT_CLOSE.has(name));
    await Promise.all(awaited.map(([, running]) => running));
  }

  /** One round of deletion, as the timer does it. */
  async retain(): Promise<void> {
    const { store, settings, clock, logger } = this.#options;
    const nowMillis = clock.now();
    const policy = decideRetention(settings, store.status(), new Date(nowMillis).getHours());
    if (policy === null) return;
    const report = await this.#maintain({ task: 'retain', nowMillis, ...policy });
    const { segmentsDeleted } = report as { segmentsDeleted?: readonly string[] };
    if ((segmentsDeleted?.length ?? 0) > 0) logger.info({ policy, report }, 'Expired segments were deleted.');
  }

  async #flush(): Promise<void> {
    const { store, settings } = this.#options;
    if (!store.takeAppendedSinceFlush()) return;
    this.#checkpointDue = true;
    const { appendedOffset, segmentPrepared } = store.status();
    // The hot path asks by itself; appends of the general path are noticed here.
    const segmentBytes = settings.mappedFileSizeCommitLog;
    if (!segmentPrepared && appendedOffset % segmentBytes > segmentBytes / 2) this.#prepareSpace();
    await store.gate.reached(appendedOffset);
  }

  #prepareSpace(): void {
    this.#launch('prepareSpace', () => this.#maintain({ task: 'prepareSpace' }));
  }

  async #checkpoint(): Promise<void> {
    if (!this.#checkpointDue) return;
    this.#checkpointDue = false;
    await this.#maintain({ task: 'checkpoint' });
  }

  async #maintain(task: MaintenanceTask): Promise<unknown> {
    const { tasks, store } = this.#options;
    const report = await tasks.run('maintain', store.store, JSON.stringify(task));
    return JSON.parse(report === '' ? 'null' : report);
  }

  #every(name: string, intervalMillis: number, round: () => Promise<unknown>): void {
    const timer = this.#options.clock.setTimer(intervalMillis, () => {
      this.#launch(name, round);
      if (!this.#stopped) this.#every(name, intervalMillis, round);
    });
    this.#timers.set(name, timer);
  }

  /** One round of a name at a time; a failure is logged and the next round tries again. */
  #launch(name: string, round: () => Promise<unknown>): void {
    const { clock, logger } = this.#options;
    if (this.#stopped || this.#running.has(name)) return;
    if (clock.monotonicMillis() < (this.#retryAt.get(name) ?? 0)) return;
    const running = round()
      .catch((error: unknown) => {
        if (this.#stopped && ABANDONED_AT_CLOSE.has(name)) return;
        this.#retryAt.set(name, clock.monotonicMillis() + RETRY_AFTER_FAILURE_MILLIS);
        logger.error({ error, task: name }, 'A maintenance task of the store failed.');
      })
      .then(() => {
        this.#running.delete(name);
      });
    this.#running.set(name, running);
  }
}
