import type { BlockingTasks } from './blocking-tasks.ts';
import type { MetadataBatch, MetadataStore } from './message-store.ts';

const OPERATION_PUT = 0;
const OPERATION_DELETE = 1;

/** The engine's transactional tables. */
export class NativeMetadataStore implements MetadataStore {
  readonly #store: number;
  readonly #tasks: BlockingTasks;

  constructor(store: number, tasks: BlockingTasks) {
    this.#store = store;
    this.#tasks = tasks;
  }

  async scan(table: string): Promise<Map<string, Uint8Array>> {
    return decodeEntries(table, await this.#tasks.run('metadataScan', this.#store, table));
  }

  async commit(batch: MetadataBatch): Promise<void> {
    if (batch.puts.length === 0 && batch.deletes.length === 0) return;
    await this.#tasks.run('metadataCommit', this.#store, encodeBatch(batch));
  }
}

/** Entries as the engine lists them: | keyLength u32 | key | valueLength u32 | value |, repeated. */
function decodeEntries(table: string, bytes: Uint8Array): Map<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0; start < view.length;) {
    const keyEnd = start + 4 + view.readUInt32BE(start);
    const valueEnd = keyEnd + 4 + view.readUInt32BE(keyEnd);
    if (valueEnd > view.length) {
      throw new RangeError(
        `The listing of metadata table ${table} ends at byte ${view.length}, inside an entry that ends at ${valueEnd}.`,
      );
    }
    entries.set(view.toString('utf8', start + 4, keyEnd), view.subarray(keyEnd + 4, valueEnd));
    start = valueEnd;
  }
  return entries;
}

/** | operation u8 | tableLength u32 | table | keyLength u32 | key | and for a put | valueLength u32 | value |. */
function encodeBatch(batch: MetadataBatch): Buffer {
  const parts: Uint8Array[] = [];
  for (const { table, key, value } of batch.puts) {
    parts.push(Buffer.of(OPERATION_PUT), ...sized(Buffer.from(table)), ...sized(Buffer.from(key)));
    parts.push(...sized(value));
  }
  for (const { table, key } of batch.deletes) {
    parts.push(Buffer.of(OPERATION_DELETE), ...sized(Buffer.from(table)), ...sized(Buffer.from(key)));
  }
  return Buffer.concat(parts);
}

function sized(bytes: Uint8Array): [Buffer, Uint8Array] {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}
