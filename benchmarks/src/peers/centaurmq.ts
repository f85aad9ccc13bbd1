import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@centaurmq/apache-rocketmq';
import { generateLoad } from '../measure/load-generator.ts';
import { profileFolder } from '../measure/cpu-profiles.ts';
import { centaurmqCommand } from '../measure/machine.ts';
import { SERVER_CORE, pinnedTo } from '../measure/pinning.ts';
import { ServerProcess } from '../measure/server-process.ts';
import type { Peer, Serving, Wanted } from './peer.ts';

/** Name server and broker in one process, as `centaurmq start` runs them, with a new store for each run. */
export function centaurmq(options: { readonly cpuProfile: boolean }): Peer {
  return {
    name: 'CentaurMQ',
    serve: async (wanted) => {
      const running = await startCentaurmq({
        storeFolder: mkdtempSync(join(tmpdir(), 'centaurmq-bench-')),
        flushDiskType: wanted.ack === 'fsync' ? 'SYNC_FLUSH' : 'ASYNC_FLUSH',
        cpuProfile: options.cpuProfile,
      });
      await createTopics(running.address, wanted);
      return {
        ...running,
        [Symbol.asyncDispose]: async () => {
          // A profile is written at an orderly end only.
          await running.server.end(options.cpuProfile ? 'SIGTERM' : 'SIGKILL');
          rmSync(running.storeFolder, { recursive: true, force: true });
        },
      };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

export async function createTopics(address: string, { topic, topics, queues }: Wanted): Promise<void> {
  await generateLoad('create-topics', { address, topic, topics, queues });
}

export interface CentaurmqOptions {
  readonly storeFolder: string;
  readonly flushDiskType?: 'ASYNC_FLUSH' | 'SYNC_FLUSH';
  readonly cpuProfile?: boolean;
}

export type RunningCentaurmq = Omit<Serving, typeof Symbol.asyncDispose> & {
  readonly server: ServerProcess;
  readonly nameServerAddress: string;
  /** From the start of the process until the broker took connections. */
  readonly startMillis: number;
};

export async function startCentaurmq(options: CentaurmqOptions): Promise<RunningCentaurmq> {
  const { storeFolder, flushDiskType = 'ASYNC_FLUSH', cpuProfile = false } = options;
  const [port, nameServerPort] = [await freePort([-2, 0, 1]), await freePort()];
  const config = `${storeFolder}.conf`;
  writeFileSync(config, `flushDiskType=${flushDiskType}\ndiskSpaceCleanForciblyRatio=99\n`);
  if (cpuProfile) mkdirSync(profileFolder, { recursive: true });
  const server = new ServerProcess([
    ...pinnedTo(SERVER_CORE),
    process.execPath,
    ...(cpuProfile ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : []),
    centaurmqCommand,
    'start',
    `--store=${storeFolder}`,
    `--config=${config}`,
    `--broker-port=${port}`,
    `--namesrv-port=${nameServerPort}`,
    '--broker-ip=127.0.0.1',
  ]);
  const startMillis = await server.listening(port);
  rmSync(config);
  return {
    address: `127.0.0.1:${port}`,
    nameServerAddress: `127.0.0.1:${nameServerPort}`,
    processIds: [server.processId],
    storeFolder,
    server,
    startMillis,
  };
}
