import type { MetadataBatch, MetadataStore } from '../../src/store/message-store.ts';

/** Tables in memory that can be made to fail, and that counts its commits. */
export class MemoryMetadataStore implements MetadataStore {
  readonly #tables = new Map<string, Map<string, Uint8Array>>();
  commitCount = 0;
  failure: Error | null = null;

  scan(table: string): Promise<Map<string, Uint8Array>> {
    return Promise.resolve(new Map(this.#tables.get(table)));
  }

  async commit(batch: MetadataBatch): Promise<void> {
    await Promise.resolve();
    if (this.failure !== null) throw this.failure;
    this.commitCount++;
    for (const { table, key, value } of batch.puts) this.#table(table).set(key, value.slice());
    for (const { table, key } of batch.deletes) this.#table(table).delete(key);
  }

  #table(name: string): Map<string, Uint8Array> {
    const table = this.#tables.get(name) ?? new Map<string, Uint8Array>();
    this.#tables.set(name, table);
    return table;
  }
}
