// Our small programs over the official Java clients (test/interop/java/clients): started, told what to do, read.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from './apache-cluster.ts';
import { classpath } from './classpath.ts';
import { JavaProcess } from './java-process.ts';

export type ClientVersion = '5.3.3' | '4.9.8';
export const clientVersions: readonly ClientVersion[] = ['5.3.3', '4.9.8'];

const heapMegabytes = 128;
const produceTimeoutMillis = 120_000;
const commandTimeoutMillis = 60_000;

/** An event as a program printed it. */
export type ClientEvent = Readonly<Record<string, unknown>> & { readonly event: string };

export interface ReceivedMessage {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly commitLogOffset: number;
  readonly storeSize: number;
  readonly storeTimestamp: number;
  readonly sysFlag: number;
  readonly msgId: string;
  readonly keys: string | null;
  readonly tags: string | null;
  readonly reconsumeTimes: number;
  readonly body: string;
}

export interface ProduceResult {
  readonly sent: number;
  readonly failed: number;
  /** Why each of `failed` did. */
  readonly errors: readonly string[];
  /** One per acknowledged message (per batch in batch mode; none in one-way mode). */
  readonly results: readonly ClientEvent[];
}

type ProgramOptions = Readonly<Record<string, string | number | boolean>>;

/** Runs Produce.java to its end. Options as in its comment, for instance `{ topic, mode: 'async', count: 100 }`. */
export async function produce(
  version: ClientVersion,
  namesrv: string,
  options: ProgramOptions,
): Promise<ProduceResult> {
  const events = await runProgram(version, 'Produce', { namesrv, ...options });
  const done = events.find(({ event }) => event === 'done');
  return {
    sent: Number(done?.['sent']),
    failed: Number(done?.['failed']),
    errors: events.filter(({ event }) => event === 'failed').map((event) => String(event['error'])),
    results: events.filter(({ event }) => event === 'sent'),
  };
}

/** Every message of every queue of `topics`, read with the pull consumer, and the queues' offsets. */
export async function dump(
  version: ClientVersion,
  namesrv: string,
  topics: readonly string[],
): Promise<{ readonly messages: readonly ReceivedMessage[]; readonly queues: readonly ClientEvent[] }> {
  const events = await runProgram(version, 'Dump', { namesrv, topics: topics.join(',') });
  return {
    messages: events.filter(isMessage),
    queues: events.filter(({ event }) => event === 'queue'),
  };
}

/** A running Push.java or LitePull.java. */
export interface JavaConsumer extends AsyncDisposable {
  readonly instance: string;
  readonly received: readonly ReceivedMessage[];
  /** The queues it holds now, as `topic/brokerName/queueId`, retry topics left out. */
  queues(): Promise<readonly string[]>;
  /** Shuts down in order, which commits its offsets. */
  stop(): Promise<void>;
}

export async function startConsumer(
  version: ClientVersion,
  program: 'Push' | 'LitePull',
  options: ProgramOptions & { readonly namesrv: string; readonly instance: string },
): Promise<JavaConsumer> {
  const { process, folder, events } = await startProgram(version, program, options);
  const received: ReceivedMessage[] = [];
  process.onLine(() => {
    for (const event of events.splice(0)) if (isMessage(event)) received.push(event);
  });
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await process.waitForLine((line) => line.includes('"event":"ready"'), commandTimeoutMillis);
  } catch (error) {
    await process.kill();
    remove();
    throw error;
  }
  return {
    instance: options.instance,
    received,
    queues: () => askForQueues(process),
    stop: async () => {
      process.writeLine('stop');
      const exit = await process.finish(commandTimeoutMillis);
      remove();
      if (exit.code !== 0)
        throw new Error(`${process.name} ended with ${JSON.stringify(exit)}:\n${process.output}`);
    },
    [Symbol.asyncDispose]: async () => {
      await process.kill();
      remove();
    },
  };
}

async function askForQueues(process: JavaProcess): Promise<readonly string[]> {
  const answer = new Promise<string>((resolve) => {
    process.onLine((line) => {
      if (line.includes('"event":"queues"')) resolve(line);
    });
  });
  process.writeLine('queues');
  const ended = process.exited.then((exit) => {
    throw new Error(`${process.name} ended with ${JSON.stringify(exit)}:\n${process.output}`);
  });
  const event = parseEvent(await Promise.race([answer, ended]));
  return String(event?.['queues'])
    .split(' ')
    .filter((queue) => queue !== '' && !queue.startsWith('%RETRY%'))
    .toSorted();
}

async function runProgram(
  version: ClientVersion,
  program: string,
  options: ProgramOptions,
): Promise<ClientEvent[]> {
  const { process, folder, events } = await startProgram(version, program, options);
  try {
    const exit = await process.finish(produceTimeoutMillis);
    if (exit.code !== 0)
      throw new Error(`${process.name} ended with ${JSON.stringify(exit)}:\n${process.output}`);
    return events;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startProgram(
  version: ClientVersion,
  program: string,
  options: ProgramOptions,
): Promise<{ process: JavaProcess; folder: string; events: ClientEvent[] }> {
  const folder = scratchFolder(`java-${program.toLowerCase()}`);
  const logConfig = join(folder, 'client.logback.xml');
  writeFileSync(logConfig, '<configuration><root level="OFF"/></configuration>\n');
  const process = new JavaProcess({
    name: `${program} ${version}`,
    classpath: await classpath(`client-${version}`, ['clients']),
    mainClass: program,
    args: Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
    heapMegabytes,
    folder,
    readsStandardInput: true,
    systemProperties: {
      'rmq.logback.configurationFile': logConfig,
      'com.rocketmq.remoting.client.connect.timeout': '20000',
      'rocketmq.client.logLevel': 'WARN',
      'rocketmq.client.localOffsetStoreDir': join(folder, 'offsets'),
    },
  });
  const events: ClientEvent[] = [];
  process.onLine((line) => {
    const event = parseEvent(line);
    if (event !== undefined) events.push(event);
  });
  return { process, folder, events };
}

function parseEvent(line: string): ClientEvent | undefined {
  if (!line.startsWith('{"event":')) return undefined;
  const event: ClientEvent = JSON.parse(line);
  return event;
}

function isMessage(event: ClientEvent): event is ClientEvent & ReceivedMessage {
  return event.event === 'message';
}
