import type { MachineFacts } from '@centaurmq/broker';
import { availableParallelism, hostname, networkInterfaces } from 'node:os';

/** Beyond them the broker's own thread and the store's append are what limits. */
const IO_THREADS_MAX = 4;

/** What this machine says of itself. */
export function machineFacts(storePathRootDir: string): MachineFacts {
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal);
  const chosen = outside.find((address) => address.family === 'IPv4') ?? outside[0];
  return {
    hostName: hostname(),
    address: chosen?.address ?? '127.0.0.1',
    storePathRootDir,
    serverSelectorThreads: ioThreadsFor(availableParallelism(), process.platform),
  };
}

/** None on two processors, where they would only take turns with the broker's own thread; sockets change hands on POSIX only. */
export function ioThreadsFor(processorCount: number, platform: NodeJS.Platform): number {
  if (platform === 'win32' || processorCount <= 2) return 0;
  return Math.min(IO_THREADS_MAX, Math.floor(processorCount / 2));
}
