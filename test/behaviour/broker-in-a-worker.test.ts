// A program may run its broker in a worker thread, and end that thread without asking the broker.
import { type RemotingCommand, RequestCode, ResponseCode, requestCommand } from '@centaurmq/protocol';
import { RemotingClient, nodeTransport, silentLogger, systemClock } from '@centaurmq/remoting';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

/** Compiled, as everything that runs in worker threads. */
const CENTAURMQ = new URL('../../packages/centaurmq/dist/index.js', import.meta.url).href;

const BROKER_THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData.module)
    .then(({ startBroker }) => startBroker({ memory: true, config: workerData.config }))
    .then(({ brokerAddr }) => parentPort.postMessage(brokerAddr));
`;

function send(topic: string): RemotingCommand {
  const extFields = {
    a: 'P',
    b: topic,
    c: 'TBW102',
    d: '1',
    e: '0',
    f: '0',
    g: '1700000000000',
    h: '0',
    i: 'UNIQ_KEY\u0001A\u0002',
    j: '0',
    k: 'false',
    m: 'false',
  };
  return requestCommand(RequestCode.SEND_MESSAGE_V2, { extFields, body: Buffer.from('x') });
}

/** Sends one after the other until the connection ends; how many were answered. */
async function sendUntilTheEnd(client: RemotingClient, address: string): Promise<number> {
  for (let answered = 0; ; answered++) {
    try {
      const answer = await client.invoke(address, send('Orders'), { timeoutMillis: 20_000 });
      expect(answer.code).toBe(ResponseCode.SUCCESS);
    } catch (error) {
      expect(error).toMatchObject({ name: expect.stringMatching(/Remoting(Send|Connect)Error/u) as string });
      return answered;
    }
  }
}

it.each([
  ['acknowledged at once', {}],
  ['acknowledged when they are on the disk', { flushDiskType: 'SYNC_FLUSH' }],
])(
  'a thread that ends under its broker, with sends %s under way, ends its connections and nothing else',
  async (_name, config) => {
    for (let round = 0; round < 3; round++) {
      const workerData = { module: CENTAURMQ, config: { ...config, serverSelectorThreads: 0 } };
      const worker = new Worker(BROKER_THREAD, { eval: true, workerData, execArgv: [] });
      const [address] = (await once(worker, 'message')) as [string];
      const clients = Array.from(
        { length: 8 },
        () =>
          new RemotingClient({
            name: 'test',
            transport: nodeTransport(),
            clock: systemClock,
            logger: silentLogger,
          }),
      );
      const idle = connect(Number(address.split(':')[1]), '127.0.0.1');
      await once(idle, 'connect');
      for (const client of clients) await client.invoke(address, send('Orders'), { timeoutMillis: 20_000 });
      const sending = Promise.all(clients.map((client) => sendUntilTheEnd(client, address)));
      await clients[0]?.invoke(address, send('Orders'), { timeoutMillis: 20_000 });
      const ended = theEndOf(idle);
      await worker.terminate();
      await ended;
      await sending;
      for (const client of clients) await client.close();
    }
  },
);

function theEndOf(socket: Socket): Promise<unknown> {
  socket.on('error', () => undefined).resume();
  return once(socket, 'close');
}
