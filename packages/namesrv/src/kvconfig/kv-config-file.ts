import { readFile } from 'node:fs/promises';
import { defineBody } from '@centaurmq/protocol';
import type { Body } from '@centaurmq/protocol';
import { writeFileAtomically } from '../config/write-file-atomically.ts';
import type { KvConfigStore, KvConfigTable } from './kv-config-store.ts';

interface KVConfigSerializeWrapper {
  readonly configTable: KvConfigTable;
}
const KVConfigSerializeWrapper: Body<KVConfigSerializeWrapper> = defineBody(
  'KVConfigSerializeWrapper',
  (json) => ({
    configTable: json.tableOf('configTable', (entries) => entries.table((value) => value.text())),
  }),
);

/**
 * Apache RocketMQ's kvConfig.json: `{"configTable":{"NAMESPACE":{"key":"value"}}}`. A file that cannot be understood is an error, not an
 * empty table: the next change would overwrite it.
 */
export function kvConfigFile(path: string): KvConfigStore {
  return {
    async load() {
      const bytes = await readIfThere(path);
      if (bytes === null) return new Map();
      try {
        return KVConfigSerializeWrapper.decode(bytes).configTable;
      } catch (cause) {
        throw new Error(`${path} is no KV config: ${String(cause)}; repair it or move it away`, { cause });
      }
    },
    save: (configTable) => writeFileAtomically(path, KVConfigSerializeWrapper.encode({ configTable })),
  };
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
