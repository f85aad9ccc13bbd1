import { Producer, PushConsumer } from '@centaurmq/client';
import { type ClientLoad, type Sender, runClientProgram } from './client-load.ts';

const BATCH_MAX = 32;

async function sender({ server, topic, group, bodyBytes, inFlight }: ClientLoad): Promise<Sender> {
  const producer = new Producer({ group, nameServers: server, inFlight: { countMax: inFlight } });
  await producer.start();
  const body = Buffer.alloc(bodyBytes, 'x');
  return {
    send: () => producer.send({ topic, body }),
    [Symbol.asyncDispose]: () => producer[Symbol.asyncDispose](),
  };
}

async function consumer(
  { server, topic, group }: ClientLoad,
  received: (count: number) => void,
): Promise<AsyncDisposable> {
  const pushConsumer = new PushConsumer({
    group,
    nameServers: server,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    consumeMessageBatchMaxSize: BATCH_MAX,
    messageListener: (messages) => {
      received(messages.length);
      return 'CONSUME_SUCCESS';
    },
  });
  await pushConsumer.subscribe(topic);
  await pushConsumer.start();
  return pushConsumer;
}

await runClientProgram({ sender, consumer });
