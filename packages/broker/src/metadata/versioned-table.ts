import { DataVersion, initialDataVersion, nextDataVersion } from '@centaurmq/protocol';
import type { Clock } from '@centaurmq/remoting';
import type { MetadataBatch, MetadataStore } from '../store/message-store.ts';

/** One value before and after a change; null where it does not exist. */
export interface TableChange<Value> {
  readonly key: string;
  readonly before: Value | null;
  readonly after: Value | null;
}

export type TableListener<Value> = (changes: readonly TableChange<Value>[]) => void;

export interface TableCodec<Value> {
  encode(value: Value): Uint8Array;
  /** Throws on bytes that are not a value. */
  decode(bytes: Uint8Array): Value;
}

/** The wanted values by key, null to delete. An empty map changes nothing and leaves the version alone. */
export type TableDecision<Value> = ReadonlyMap<string, Value | null>;

interface PendingChange<Value> {
  readonly decide: (current: ReadonlyMap<string, Value>) => TableDecision<Value>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Cannot be a topic or a group: a dot is not allowed in their names. */
export const DATA_VERSION_KEY = '.dataVersion';
const PENDING_CHANGES_MAX = 10_000;

/**
 * A table in memory whose changes are durable before anybody sees them. Changes are made one after the other; those
 * that wait while one is being written share the next write.
 */
export class VersionedTable<Value> {
  readonly #name: string;
  readonly #store: MetadataStore;
  readonly #clock: Clock;
  readonly #codec: TableCodec<Value>;
  readonly #values = new Map<string, Value>();
  readonly #listeners: TableListener<Value>[] = [];
  #dataVersion: DataVersion;
  #pending: PendingChange<Value>[] = [];
  #writing = false;

  private constructor(name: string, store: MetadataStore, clock: Clock, codec: TableCodec<Value>) {
    this.#name = name;
    this.#store = store;
    this.#clock = clock;
    this.#codec = codec;
    this.#dataVersion = initialDataVersion(clock.now());
  }

  /** Reads what the store has. Throws when an entry cannot be understood: which table, which key. */
  static async open<Value>(
    name: string,
    parts: {
      readonly store: MetadataStore;
      readonly clock: Clock;
      readonly codec: TableCodec<Value>;
    },
  ): Promise<VersionedTable<Value>> {
    const table = new VersionedTable(name, parts.store, parts.clock, parts.codec);
    for (const [key, bytes] of await parts.store.scan(name))
      try {
        if (key === DATA_VERSION_KEY) table.#dataVersion = DataVersion.decode(bytes);
        else table.#values.set(key, parts.codec.decode(bytes));
      } catch (cause) {
        throw new Error(`metadata table ${name}: the entry ${key} cannot be read`, { cause });
      }
    return table;
  }

  get dataVersion(): DataVersion {
    return this.#dataVersion;
  }

  /** The live view: changes while it is iterated only between awaits. */
  get values(): ReadonlyMap<string, Value> {
    return this.#values;
  }

  /** Called after a change is durable and visible, in the order of the changes. */
  onChange(listener: TableListener<Value>): void {
    this.#listeners.push(listener);
  }

  /**
   * Decides on the newest state, and resolves once what was decided is durable, visible and told to the listeners.
   * Rejects, with nothing changed, when the decision throws or the store cannot write.
   */
  change(decide: (current: ReadonlyMap<string, Value>) => TableDecision<Value>): Promise<void> {
    if (this.#pending.length >= PENDING_CHANGES_MAX)
      return Promise.reject(
        new Error(
          `metadata table ${this.#name}: ${PENDING_CHANGES_MAX} changes wait already; try again later`,
        ),
      );
    return new Promise((resolve, reject) => {
      this.#pending.push({ decide, resolve, reject });
      if (!this.#writing) void this.#writePending();
    });
  }

  async #writePending(): Promise<void> {
    this.#writing = true;
    while (this.#pending.length > 0) {
      const group = this.#pending;
      this.#pending = [];
      await this.#writeGroup(group);
    }
    this.#writing = false;
  }

  async #writeGroup(group: readonly PendingChange<Value>[]): Promise<void> {
    const wanted = new Map(this.#values);
    const decided = new Map<string, Value | null>();
    const accepted: PendingChange<Value>[] = [];
    for (const change of group)
      try {
        for (const [key, value] of change.decide(wanted)) {
          decided.set(key, value);
          if (value === null) wanted.delete(key);
          else wanted.set(key, value);
        }
        accepted.push(change);
      } catch (error) {
        change.reject(error);
      }
    try {
      if (decided.size > 0) await this.#commit(decided);
      for (const change of accepted) change.resolve();
    } catch (error) {
      for (const change of accepted) change.reject(error);
    }
  }

  async #commit(decided: ReadonlyMap<string, Value | null>): Promise<void> {
    const dataVersion = nextDataVersion(this.#dataVersion, this.#clock.now());
    await this.#store.commit(this.#batchOf(decided, dataVersion));
    this.#dataVersion = dataVersion;
    const changes: TableChange<Value>[] = [];
    for (const [key, after] of decided) {
      changes.push({ key, before: this.#values.get(key) ?? null, after });
      if (after === null) this.#values.delete(key);
      else this.#values.set(key, after);
    }
    for (const listener of this.#listeners) listener(changes);
  }

  #batchOf(decided: ReadonlyMap<string, Value | null>, dataVersion: DataVersion): MetadataBatch {
    const table = this.#name;
    const puts: MetadataBatch['puts'][number][] = [
      { table, key: DATA_VERSION_KEY, value: DataVersion.encode(dataVersion) },
    ];
    const deletes: { table: string; key: string }[] = [];
    for (const [key, value] of decided)
      if (value === null) deletes.push({ table, key });
      else puts.push({ table, key, value: this.#codec.encode(value) });
    return { puts, deletes };
  }
}
