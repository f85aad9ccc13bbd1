import { type ApacheConfig, type ApacheConfigFile, apacheConfigFiles } from '@centaurmq/broker';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Where Apache RocketMQ keeps a broker's tables: `config` below the store directory. */
export function apacheConfigDirectory(storeDirectory: string): string {
  return join(storeDirectory, 'config');
}

/**
 * Reads what is there. Apache leaves an empty or garbled file behind when the power fails while it writes; then the copy
 * it made before (`.bak`) counts, as it does for Apache itself.
 */
export async function readApacheConfig(directory: string): Promise<ApacheConfig> {
  const texts: Partial<Record<ApacheConfigFile, string>> = {};
  for (const file of apacheConfigFiles) {
    const text =
      (await readJsonText(join(directory, file))) ?? (await readJsonText(join(directory, `${file}.bak`)));
    if (text !== null) texts[file] = text;
  }
  return texts;
}

/** Replaces the files one by one, each all or nothing and on the disk when it resolves. */
export async function writeApacheConfig(
  directory: string,
  config: Readonly<Record<ApacheConfigFile, string>>,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const file of apacheConfigFiles) {
    const path = join(directory, file);
    const handle = await open(`${path}.new`, 'w');
    try {
      await handle.writeFile(config[file]);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.new`, path);
  }
}

/** Null when the file does not exist or cannot be an object. */
async function readJsonText(path: string): Promise<string | null> {
  try {
    const text = await readFile(path, 'utf8');
    return text.trimStart().startsWith('{') && text.trimEnd().endsWith('}') ? text : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
