/** namespace → key → value */
export type KvConfigTable = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Where the KV config lives between starts. */
export interface KvConfigStore {
  /** An empty table when nothing was ever saved. */
  load(): Promise<KvConfigTable>;
  /** Durable when it resolves. Called once at a time. */
  save(table: KvConfigTable): Promise<void>;
}

/** Forgets with the process: for tests and embedded name servers. */
export function memoryKvConfigStore(): KvConfigStore {
  let saved: KvConfigTable = new Map();
  return {
    load: () => Promise.resolve(structuredClone(saved)),
    save(table) {
      saved = structuredClone(table);
      return Promise.resolve();
    },
  };
}
