// One process with our client: `node centaurmq-client.js '{"mode":"send",…}'` prints what it reached as JSON.
import { Producer, PushConsumer } from '@centaurmq/client';

/** The same measures as the Java program Throughput. */
export interface ClientLoad {
  readonly mode: 'send' | 'consume';
  readonly nameServers: string;
  readonly topic: string;
  readonly group: string;
  readonly bodyBytes: number;
  /** Sends that are awaited at the same time. */
  readonly inFlight: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Messages to be consumed. */
  readonly count: number;
}

export interface ClientReport {
  readonly perSecond: number;
  readonly failed: number;
}

async function send(load: ClientLoad): Promise<ClientReport> {
  const { nameServers, topic, bodyBytes, inFlight } = load;
  await using producer = new Producer({
    group: load.group,
    nameServers,
    inFlight: { countMax: inFlight },
  });
  await producer.start();
  const body = Buffer.alloc(bodyBytes, 'x');
  let [sent, failed] = [0, 0];
  const measuredFrom = performance.now() + load.warmUpSeconds * 1000;
  const until = measuredFrom + load.seconds * 1000;
  let sentBefore = -1;
  const sender = async (): Promise<void> => {
    for (let now = performance.now(); now < until; now = performance.now()) {
      if (sentBefore < 0 && now >= measuredFrom) sentBefore = sent;
      try {
        await producer.send({ topic, body });
        sent += 1;
      } catch {
        failed += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, sender));
  return { perSecond: ((sent - sentBefore) / (performance.now() - measuredFrom)) * 1000, failed };
}

async function consume({ nameServers, topic, group, count }: ClientLoad): Promise<ClientReport> {
  let received = 0;
  let began = 0;
  const { promise, resolve } = withResolvers();
  await using consumer = new PushConsumer({
    group,
    nameServers,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    consumeMessageBatchMaxSize: 32,
    messageListener: (messages) => {
      began ||= performance.now();
      received += messages.length;
      if (received >= count) resolve();
      return 'CONSUME_SUCCESS';
    },
  });
  await consumer.subscribe(topic);
  await consumer.start();
  await promise;
  return { perSecond: (received / (performance.now() - began)) * 1000, failed: 0 };
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const load = JSON.parse(process.argv[2] ?? '{}') as ClientLoad;
process.stdout.write(`${JSON.stringify(await (load.mode === 'send' ? send(load) : consume(load)))}\n`);
