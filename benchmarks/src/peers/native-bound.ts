import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@centaurmq/apache-rocketmq';
import { nativeProgram } from '../measure/machine.ts';
import { SERVER_CORE, pinnedTo } from '../measure/pinning.ts';
import { ServerProcess } from '../measure/server-process.ts';
import type { Peer, Serving, Wanted } from './peer.ts';

/** Our storage engine with sockets, parsing and append in one native thread: what deciding in TypeScript is measured against. */
export const nativeBound: Peer = {
  name: 'native bound',
  serve,
  [Symbol.asyncDispose]: async () => undefined,
};

async function serve({ ack, topic, topics, queues }: Wanted): Promise<Serving> {
  const storeFolder = mkdtempSync(join(tmpdir(), 'centaurmq-bench-bound-'));
  const port = await freePort();
  const flags = { port, store: storeFolder, topic, topics, queues, ack };
  const server = new ServerProcess([
    ...pinnedTo(SERVER_CORE),
    nativeProgram('native-bound'),
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ]);
  await server.listening(port);
  return {
    address: `127.0.0.1:${port}`,
    nameServerAddress: null,
    processIds: [server.processId],
    storeFolder,
    [Symbol.asyncDispose]: async () => {
      await server.end();
      rmSync(storeFolder, { recursive: true, force: true });
    },
  };
}
