import { networkInterfaces } from 'node:os';
import type { Clock, Logger, Random, Transport } from '@centaurmq/remoting';
import { nodeTransport, silentLogger, systemClock, systemRandom } from '@centaurmq/remoting';
import { type OffsetFile, nodeOffsetFile } from '../consumer/offset/offset-file.ts';

/** Everything outside of this client, as an argument. Tests give their own clock, chance and network. */
export interface ClientEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly logger: Logger;
  /** Part of client ids and message ids. */
  readonly hostAddress: string;
  readonly processId: number;
  /** Where a broadcasting consumer keeps its offsets. */
  openOffsetFile(path: string): OffsetFile;
  /** Keeps the process alive until the returned function is called: the clock's timers do not. */
  holdProcess(): () => void;
}

const HOLD_INTERVAL_MILLIS = 0x7fff_ffff;

/** The real one. It logs nothing unless a logger is given. */
export function systemEnvironment(given: Partial<ClientEnvironment> = {}): ClientEnvironment {
  return {
    clock: given.clock ?? systemClock,
    random: given.random ?? systemRandom,
    transport: given.transport ?? nodeTransport(),
    logger: given.logger ?? silentLogger,
    hostAddress: given.hostAddress ?? firstExternalAddress(),
    processId: given.processId ?? process.pid,
    openOffsetFile: given.openOffsetFile ?? nodeOffsetFile,
    holdProcess: given.holdProcess ?? holdProcess,
  };
}

function holdProcess(): () => void {
  const interval = setInterval(() => undefined, HOLD_INTERVAL_MILLIS);
  return () => clearInterval(interval);
}

/** An IPv4 address that others may know, else an IPv6 one, else the loopback. Apache RocketMQ: NetworkUtil.getLocalAddress. */
function firstExternalAddress(): string {
  const external = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal);
  const ipv4 = external.find(({ family }) => family === 'IPv4');
  const ipv6 = external.find(({ family, scopeid }) => family === 'IPv6' && scopeid === 0);
  return ipv4?.address ?? ipv6?.address ?? '127.0.0.1';
}
