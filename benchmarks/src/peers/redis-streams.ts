import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@centaurmq/apache-rocketmq';
import { SERVER_CORE, pinnedTo } from '../measure/pinning.ts';
import { ServerProcess } from '../measure/server-process.ts';
import type { Peer } from './peer.ts';
import { whyNot } from './program.ts';

/** A server with an append-only file and no snapshots. `os`: written before the answer, synced every second. */
export function redisStreams(program: string): Peer {
  return {
    name: 'Redis Streams',
    serve: async ({ ack }) => {
      const storeFolder = mkdtempSync(join(tmpdir(), 'centaurmq-bench-redis-'));
      const port = await freePort();
      const settings = {
        bind: '127.0.0.1',
        port: String(port),
        dir: storeFolder,
        appendonly: 'yes',
        appendfsync: ack === 'fsync' ? 'always' : 'everysec',
        save: '',
      };
      const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
      const server = new ServerProcess([...pinnedTo(SERVER_CORE), program, ...args]);
      await server.listening(port);
      return {
        address: `127.0.0.1:${port}`,
        nameServerAddress: null,
        processIds: [server.processId],
        storeFolder,
        [Symbol.asyncDispose]: async () => {
          await server.end('SIGTERM');
          rmSync(storeFolder, { recursive: true, force: true });
        },
      };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

export function whyNoRedis(program: string): string | null {
  return whyNot({ program, option: '--redis-server', install: "the system's package redis-server" });
}
