import { rmSync } from 'node:fs';
import { JavaProcess, classpath, scratchFolder } from '@centaurmq/apache-rocketmq';
import type { ClientLoad, ClientReport } from '../client/client-load.ts';
import { CLIENT_TIMEOUT_MILLIS, runClient } from '../client/run-client.ts';
import { LOAD_CORE, pinnedTo } from '../measure/pinning.ts';
import { whyNoApache } from '../peers/apache.ts';
import type { Workload, WorkloadOptions } from '../workload.ts';
import {
  BODY_BYTES,
  IN_FLIGHT,
  clientLoad,
  fillFor,
  measuredClient,
  perSecond,
  serverCpu,
} from './client-load.ts';
import { OURS, Peers, nextTopic, rowOf } from './subjects.ts';

const OUR_CLIENT = 'our client, TypeScript';
const JAVA_CLIENT = 'official client, Java';
const JAVA_HEAP_MEGABYTES = 512;

const modes: ReadonlyMap<string, ClientLoad['mode']> = new Map([
  ['awaited sends', 'send'],
  ['consumed', 'consume'],
]);

export const client: Workload = {
  name: 'client',
  title: 'Clients',
  description: `One client process on the load's core, our broker on the other. Sends of ${BODY_BYTES} B with ${IN_FLIGHT} awaited at the same time; consumption by a push consumer with batches of up to 32 of a topic that was filled before, after a warm-up.`,
  compared: perSecond,
  higherIsBetter: true,
  details: [serverCpu],
  ours: [OUR_CLIENT],
  rows: () => {
    const reasons = new Map([[JAVA_CLIENT, whyNoApache]]);
    return [...modes.keys()].map((name) => rowOf(name, [OUR_CLIENT, JAVA_CLIENT], reasons));
  },
  open: async (options: WorkloadOptions) => {
    const peers = new Peers(options);
    return {
      measure: async (row, subject) => {
        const topic = nextTopic();
        await using serving = await peers.named(OURS).serve({ ack: 'os', topic, topics: 1, queues: 8 });
        const load = clientLoad(modes.get(row.name) ?? 'send', serving, topic, options);
        if (load.mode === 'consume') await fillFor(serving, load, options.seed);
        const run = subject === OUR_CLIENT ? () => runClient('centaurmq-client', load) : () => runJava(load);
        return await measuredClient(serving, run);
      },
      [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
    };
  },
};

async function runJava(load: ClientLoad): Promise<ClientReport> {
  const folder = scratchFolder('throughput');
  const options = {
    mode: load.mode,
    namesrv: load.server,
    topic: load.topic,
    group: load.group,
    size: load.bodyBytes,
    'in-flight': load.inFlight,
    'warm-up-seconds': load.warmUpSeconds,
    seconds: Math.ceil(load.seconds),
    'warm-up-count': load.warmUpCount,
    count: load.count,
  };
  const java = new JavaProcess({
    name: 'Throughput',
    classpath: await classpath('client-5.3.3', ['clients']),
    mainClass: 'Throughput',
    args: Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
    heapMegabytes: JAVA_HEAP_MEGABYTES,
    folder,
    readsStandardInput: true,
    tuning: 'measured',
    command: pinnedTo(LOAD_CORE),
  });
  try {
    const line = await java.waitForLine(
      (text) => text.includes('"event":"throughput"'),
      CLIENT_TIMEOUT_MILLIS,
    );
    const report = JSON.parse(line) as ClientReport;
    if (report.failed > 0) throw new Error(`${report.failed} sends failed`);
    return report;
  } finally {
    await java.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
