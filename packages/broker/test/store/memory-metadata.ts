import type { MetadataBatch, MetadataStore } from '../../src/store/message-store.ts';

/** Metadata tables in a map; can be told to fail. */
export class MemoryMetadata implements MetadataStore {
  readonly tables = new Map<string, Map<string, Uint8Array>>();
  readonly commits: MetadataBatch[] = [];
  failWith: Error | null = null;

  async scan(table: string): Promise<Map<string, Uint8Array>> {
    return new Map(this.tables.get(table));
  }

  async commit(batch: MetadataBatch): Promise<void> {
    if (this.failWith !== null) throw this.failWith;
    this.commits.push(batch);
    for (const { table, key, value } of batch.puts) {
      if (!this.tables.has(table)) this.tables.set(table, new Map());
      this.tables.get(table)!.set(key, value);
    }
    for (const { table, key } of batch.deletes) this.tables.get(table)?.delete(key);
  }
}
