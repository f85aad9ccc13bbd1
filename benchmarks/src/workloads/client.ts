import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { JavaProcess, classpath, scratchFolder } from '@centaurmq/apache-rocketmq';
import type { ClientLoad, ClientReport } from '../client/centaurmq-client.ts';
import { LOAD_CORE, pinnedTo } from '../measure/pinning.ts';
import { cpuShareDuring } from '../measure/process-usage.ts';
import type { Serving } from '../peers/peer.ts';
import type { Column, Workload, WorkloadOptions } from '../workload.ts';
import { fill } from './consume-load.ts';
import { OURS, Peers, availableSubjects, nextTopic, APACHE } from './subjects.ts';

const OUR_CLIENT = 'our client, TypeScript';
const JAVA_CLIENT = 'official client, Java';
const BODY_BYTES = 100;
const IN_FLIGHT = 1000;
const WARM_UP_SECONDS = 2;
const JAVA_HEAP_MEGABYTES = 512;
const CLIENT_TIMEOUT_MILLIS = 120_000;

const perSecond: Column = { figure: 'perSecond', title: 'messages/s', format: 'rate' };
const rows = { 'awaited sends': 'send', consumed: 'consume' } as const;

export const client: Workload = {
  name: 'client',
  title: 'Clients',
  description: `One client process on the load's core, our broker on the other. Sends of ${BODY_BYTES} B with ${IN_FLIGHT} awaited at the same time; consumption by a push consumer with batches of up to 32 of a topic that was filled before.`,
  compared: perSecond,
  higherIsBetter: true,
  details: [{ figure: 'serverCpuShare', title: 'server CPU', format: 'percent' }],
  ours: [OUR_CLIENT],
  rows: () => {
    const withJava = availableSubjects([APACHE]).length > 0;
    const subjects = withJava ? [OUR_CLIENT, JAVA_CLIENT] : [OUR_CLIENT];
    return Object.keys(rows).map((name) => ({ name, subjects }));
  },
  open: async (options: WorkloadOptions) => {
    const peers = new Peers(options);
    return {
      measure: async (row, subject) => {
        const topic = nextTopic();
        await using serving = await peers.named(OURS).serve({ ack: 'os', topic, topics: 1, queues: 8 });
        const load = await prepared(serving, topic, row.name as keyof typeof rows, options);
        const run = subject === OUR_CLIENT ? runOurs : runJava;
        const { result, cpuShare } = await cpuShareDuring(serving.processIds, () => run(load));
        if (result.failed > 0) throw new Error(`${result.failed} sends failed`);
        return { perSecond: result.perSecond, serverCpuShare: cpuShare };
      },
      [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
    };
  },
};

async function prepared(
  serving: Serving,
  topic: string,
  row: keyof typeof rows,
  { seconds, seed }: WorkloadOptions,
): Promise<ClientLoad> {
  const mode = rows[row];
  if (mode === 'consume') await fill(serving, topic, { seconds, seed, bodyBytes: BODY_BYTES });
  return {
    mode,
    nameServers: serving.nameServerAddress ?? '',
    topic,
    group: `${topic}-clients`,
    bodyBytes: BODY_BYTES,
    inFlight: IN_FLIGHT,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds,
    count: Math.round(200_000 * seconds),
  };
}

async function runOurs(load: ClientLoad): Promise<ClientReport> {
  const program = fileURLToPath(new URL('../client/centaurmq-client.js', import.meta.url));
  const [command, ...args] = [...pinnedTo(LOAD_CORE), process.execPath, program, JSON.stringify(load)];
  const { stdout } = await promisify(execFile)(command, args, { timeout: CLIENT_TIMEOUT_MILLIS });
  return JSON.parse(stdout) as ClientReport;
}

async function runJava(load: ClientLoad): Promise<ClientReport> {
  const folder = scratchFolder('throughput');
  const options = {
    mode: load.mode,
    namesrv: load.nameServers,
    topic: load.topic,
    group: load.group,
    size: load.bodyBytes,
    'in-flight': load.inFlight,
    'warm-up-seconds': load.warmUpSeconds,
    seconds: Math.ceil(load.seconds),
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
    return JSON.parse(line) as ClientReport;
  } finally {
    await java.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
