import { type OpenStore, type StoreLocation, hasMetadata, importApacheConfig } from '@centaurmq/broker';
import type { Logger } from '@centaurmq/remoting';
import { apacheConfigDirectory, readApacheConfig } from './apache-config-directory.ts';

/** A directory written by an Apache broker brings its topics, groups and offsets along: once, while ours has none. */
export async function importOnFirstOpen(
  { metadata }: Pick<OpenStore, 'metadata'>,
  location: StoreLocation,
  logger: Logger,
): Promise<void> {
  if (location.kind !== 'directory' || (await hasMetadata(metadata))) return;
  const directory = apacheConfigDirectory(location.path);
  const config = await readApacheConfig(directory);
  if (Object.keys(config).length === 0) return;
  const counts = await importApacheConfig(metadata, config);
  logger.info({ directory, counts }, 'configuration of an Apache broker imported');
}
