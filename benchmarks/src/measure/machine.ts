import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

export function describeMachine(): string {
  const facts = [
    cpus()[0]?.model.trim() ?? 'unknown processor',
    `${cpus().length} cores`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `Node.js ${process.versions.node}`,
    process.platform,
    `load ${(loadavg()[0] ?? 0).toFixed(1)}`,
  ];
  // The loopback device is subject to it, too: bbr paces what cubic lets through.
  const congestionControl = '/proc/sys/net/ipv4/tcp_congestion_control';
  if (existsSync(congestionControl)) facts.push(`TCP ${readFileSync(congestionControl, 'utf8').trim()}`);
  return facts.join(', ');
}

/** A program of the Cargo workspace, built for release. */
export function nativeProgram(name: string): string {
  return join(process.env['CARGO_TARGET_DIR'] ?? join(root, 'target'), 'release', name);
}

/** The command line of the product. */
export const centaurmqCommand: string = join(root, 'packages/centaurmq/bin/centaurmq.js');
