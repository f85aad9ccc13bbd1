import type { KvConfigStore } from './kv-config-store.ts';

/** Key → value per namespace, as `mqadmin updateKvConfig` writes it. Order topics: namespace ORDER_TOPIC_CONFIG. */
export const NAMESPACE_ORDER_TOPIC_CONFIG = 'ORDER_TOPIC_CONFIG';

/** Apache RocketMQ: KVConfigManager. A change is answered when it is stored; when storing fails it is undone. */
export class KVConfigManager {
  readonly #store: KvConfigStore;
  readonly #table = new Map<string, Map<string, string>>();
  #saving: Promise<void> = Promise.resolve();

  constructor(store: KvConfigStore) {
    this.#store = store;
  }

  /** @throws Error when the store cannot be read or understood */
  async load(): Promise<void> {
    this.#table.clear();
    for (const [namespace, entries] of await this.#store.load()) this.#table.set(namespace, new Map(entries));
  }

  getKVConfig(namespace: string, key: string): string | null {
    return this.#table.get(namespace)?.get(key) ?? null;
  }

  /** @returns null for an unknown namespace */
  getKVListByNamespace(namespace: string): ReadonlyMap<string, string> | null {
    return this.#table.get(namespace) ?? null;
  }

  putKVConfig(namespace: string, key: string, value: string): Promise<void> {
    return this.#change(namespace, key, value);
  }

  deleteKVConfig(namespace: string, key: string): Promise<void> {
    return this.#change(namespace, key, null);
  }

  #change(namespace: string, key: string, value: string | null): Promise<void> {
    const saved = this.#saving.then(async () => {
      const before = this.getKVConfig(namespace, key);
      this.#set(namespace, key, value);
      try {
        await this.#store.save(this.#table);
      } catch (cause) {
        this.#set(namespace, key, before);
        throw new Error(`KV config ${namespace}/${key} cannot be stored: ${String(cause)}`, { cause });
      }
    });
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  #set(namespace: string, key: string, value: string | null): void {
    const entries = this.#table.get(namespace) ?? new Map<string, string>();
    if (value === null) {
      entries.delete(key);
      return;
    }
    entries.set(key, value);
    this.#table.set(namespace, entries);
  }
}
