import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@centaurmq/apache-rocketmq';
import { SERVER_CORE, pinnedTo } from '../measure/pinning.ts';
import { ServerProcess } from '../measure/server-process.ts';
import type { Peer } from './peer.ts';
import { whyNot } from './program.ts';

/** A server with file storage; its clients make the streams. `os`: written before the answer, synced every two minutes. */
export function natsJetstream(program: string): Peer {
  return {
    name: 'NATS JetStream',
    serve: async ({ ack }) => {
      const storeFolder = mkdtempSync(join(tmpdir(), 'centaurmq-bench-nats-'));
      const port = await freePort();
      const config = join(storeFolder, 'nats.conf');
      const syncInterval = ack === 'fsync' ? 'always' : '2m';
      writeFileSync(
        config,
        `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${storeFolder}", sync_interval: ${syncInterval} }\n`,
      );
      const server = new ServerProcess([...pinnedTo(SERVER_CORE), program, '--config', config]);
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

export function whyNoNats(program: string): string | null {
  return whyNot({
    program,
    option: '--nats-server',
    install: '`go install github.com/nats-io/nats-server/v2@latest`',
  });
}
