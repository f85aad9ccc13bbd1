import { AckPolicy, StorageType, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { type ClientLoad, type Sender, runClientProgram } from './client-load.ts';

const ACKED_AT_ONCE = 32;

async function sender({ server, topic, bodyBytes }: ClientLoad): Promise<Sender> {
  const connection = await connect({ servers: server });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({
    name: topic,
    subjects: [topic],
    storage: StorageType.File,
  });
  const stream = jetstream(connection);
  const body = Buffer.alloc(bodyBytes, 'x');
  return {
    send: () => stream.publish(topic, body),
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

/** Acknowledges up to a message, once for so many: what is acknowledged at once is the same for all clients. */
async function consumer(
  { server, topic, group, inFlight }: ClientLoad,
  received: (count: number) => void,
): Promise<AsyncDisposable> {
  const connection = await connect({ servers: server });
  const manager = await jetstreamManager(connection);
  await manager.consumers.add(topic, { durable_name: group, ack_policy: AckPolicy.All, max_ack_pending: -1 });
  const durable = await jetstream(connection).consumers.get(topic, group);
  let unacknowledged = 0;
  await durable.consume({
    max_messages: inFlight,
    callback: (message) => {
      received(1);
      unacknowledged += 1;
      if (unacknowledged < ACKED_AT_ONCE) return;
      message.ack();
      unacknowledged = 0;
    },
  });
  return { [Symbol.asyncDispose]: () => connection.close() };
}

await runClientProgram({ sender, consumer });
