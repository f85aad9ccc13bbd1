import { RESP_TYPES, createClient } from '@redis/client';
import { type ClientLoad, type Sender, runClientProgram } from './client-load.ts';

const READ_AT_ONCE = 32;
/** Reads under way at the same time, as many as our client has queues. */
const READERS = 8;
const FIRST_ENTRY = '0';

function clientOf(server: string) {
  // Bodies are bytes here as they are with the other clients.
  return createClient({ url: `redis://${server}` }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
}

async function sender({ server, topic, bodyBytes }: ClientLoad): Promise<Sender> {
  const client = clientOf(server);
  await client.connect();
  const body = Buffer.alloc(bodyBytes, 'x');
  return {
    send: () => client.xAdd(topic, '*', { body }),
    [Symbol.asyncDispose]: async () => client.destroy(),
  };
}

async function consumer(
  { server, topic, group }: ClientLoad,
  received: (count: number) => void,
): Promise<AsyncDisposable> {
  const client = clientOf(server);
  await client.connect();
  await client.xGroupCreate(topic, group, FIRST_ENTRY);
  const ended = new AbortController();
  const readAll = async (_: unknown, index: number): Promise<void> => {
    while (!ended.signal.aborted) {
      const answer = await client.xReadGroup(
        group,
        `reader-${index}`,
        { key: topic, id: '>' },
        { COUNT: READ_AT_ONCE },
      );
      const entries: readonly { readonly id: Buffer }[] = answer?.[0]?.messages ?? [];
      if (entries.length === 0) return;
      received(entries.length);
      await client.xAck(
        topic,
        group,
        entries.map(({ id }) => id),
      );
    }
  };
  const readers = Array.from({ length: READERS }, readAll);
  return {
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await Promise.all(readers);
      client.destroy();
    },
  };
}

await runClientProgram({ sender, consumer });
