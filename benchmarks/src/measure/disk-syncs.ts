import { closeSync, fdatasyncSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILE_BYTES = 256 * 1024 * 1024;
const CHUNK_BYTES = 4 * 1024 * 1024;

/** How often a second one process can write so many bytes behind the last ones and sync them, in a file that was written before. */
export function diskSyncsPerSecond(groupBytes: number, seconds: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'centaurmq-bench-disk-'));
  const file = openSync(join(folder, 'file'), 'w+');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES, 1);
    for (let position = 0; position < FILE_BYTES; position += CHUNK_BYTES)
      writeSync(file, chunk, 0, CHUNK_BYTES, position);
    fsyncSync(file);
    const group = Buffer.alloc(groupBytes, 2);
    let [syncs, position] = [0, 0];
    const began = performance.now();
    while (performance.now() - began < seconds * 1000) {
      writeSync(file, group, 0, groupBytes, position);
      fdatasyncSync(file);
      syncs += 1;
      position = position + 2 * groupBytes > FILE_BYTES ? 0 : position + groupBytes;
    }
    return (syncs / (performance.now() - began)) * 1000;
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
}
