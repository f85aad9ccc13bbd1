import {
  type BrokerConfig,
  exportApacheConfig,
  importApacheConfig,
  openStore,
  resolveBrokerConfig,
} from '@centaurmq/broker';
import { type Logger, systemClock } from '@centaurmq/remoting';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandError } from '../exit-code.ts';
import { machineFacts } from '../start/machine-facts.ts';
import { apacheConfigDirectory, readApacheConfig, writeApacheConfig } from './apache-config-directory.ts';

export interface StoreCommandOptions {
  readonly directory: string;
  readonly conf: Partial<BrokerConfig>;
  readonly logger: Logger;
  readonly print: (line: string) => void;
}

type Metadata = Awaited<ReturnType<typeof openStore>>['metadata'];

/** `centaurmq store export-config`: writes Apache's config/*.json, so that its broker can open the directory. */
export async function exportConfig(options: StoreCommandOptions): Promise<void> {
  const directory = apacheConfigDirectory(resolve(options.directory));
  await withStore(options, async (metadata) =>
    writeApacheConfig(directory, await exportApacheConfig(metadata)),
  );
  options.print(`Topics, groups and offsets are in ${directory} as Apache RocketMQ reads them.`);
}

/** `centaurmq store import-config`: replaces what is stored under the same names by what Apache's files say. */
export async function importConfig(options: StoreCommandOptions): Promise<void> {
  const directory = apacheConfigDirectory(resolve(options.directory));
  const config = await readApacheConfig(directory);
  if (Object.keys(config).length === 0)
    throw new CommandError(`there is nothing to import in ${directory}`, {
      advice: 'it should hold topics.json, subscriptionGroup.json, consumerOffset.json or delayOffset.json',
    });
  await withStore(options, async (metadata) => {
    const counts = await importApacheConfig(metadata, config);
    for (const [file, count] of Object.entries(counts)) options.print(`${file}: ${count} entries`);
  });
}

async function withStore(
  { directory, conf, logger }: StoreCommandOptions,
  use: (metadata: Metadata) => Promise<void>,
): Promise<void> {
  const path = resolve(directory);
  try {
    await access(path);
  } catch (cause) {
    throw new CommandError(`there is no store directory ${path}`, { advice: 'name one with --store', cause });
  }
  const config = resolveBrokerConfig(conf, machineFacts(path));
  const store = await openStore({
    location: { kind: 'directory', path },
    files: config,
    settings: config,
    identity: {
      storeHost: config.brokerIP1,
      storePort: config.listenPort,
      clusterName: config.brokerClusterName,
      brokerName: config.brokerName,
      regionId: config.regionId,
      traceOn: config.traceOn,
      version: 0,
    },
    clock: systemClock,
    logger,
  });
  try {
    await use(store.metadata);
  } finally {
    await store.close();
  }
}
