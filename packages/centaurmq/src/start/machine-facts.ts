import type { MachineFacts } from '@centaurmq/broker';
import { hostname, networkInterfaces } from 'node:os';

/** What this machine says of itself. */
export function machineFacts(storePathRootDir: string): MachineFacts {
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal);
  const chosen = outside.find((address) => address.family === 'IPv4') ?? outside[0];
  return { hostName: hostname(), address: chosen?.address ?? '127.0.0.1', storePathRootDir };
}
