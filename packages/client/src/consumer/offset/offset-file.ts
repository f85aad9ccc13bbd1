import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** A small file that is always either the old one or the new one. */
export interface OffsetFile {
  readonly path: string;
  /** @returns null when there is none */
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
}

/** Apache RocketMQ: LocalFileOffsetStore.LOCAL_OFFSET_STORE_DIR. */
export function defaultOffsetDirectory(): string {
  return join(homedir(), '.rocketmq_offsets');
}

/** `<directory>/<client id>/<group>/offsets.json`, as Apache RocketMQ has it; characters that some file systems forbid become `_`. */
export function offsetFilePath(directory: string, clientId: string, group: string): string {
  return join(directory, safeName(clientId), safeName(group), 'offsets.json');
}

function safeName(name: string): string {
  return name.replace(/[<>:"/\\|?*]/g, '_');
}

export function nodeOffsetFile(path: string): OffsetFile {
  return {
    path,
    async read() {
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
        throw error;
      }
    },
    async write(text) {
      await mkdir(dirname(path), { recursive: true });
      const temporary = `${path}.tmp`;
      const file = await open(temporary, 'w');
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    },
  };
}
