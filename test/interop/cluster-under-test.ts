// The servers that the tests in this folder measure: ours, started as a user starts them, or with
// CENTAURMQ_INTEROP_TARGET=apache the genuine ones, which must pass the same tests.
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  scratchFolder,
  startApacheBroker,
  startApacheNameServer,
  freePort,
  rawRequest,
} from '@centaurmq/apache-rocketmq';

const commandLine = join(import.meta.dirname, '../../packages/centaurmq/bin/centaurmq.js');
const startTimeoutMillis = 30_000;
const stopTimeoutMillis = 30_000;
const pollMillis = 25;
const keptOutputBytes = 64 * 1024;
const getBrokerClusterInfo = 106;

export interface ClusterUnderTest extends AsyncDisposable {
  readonly nameServerAddress: string;
  readonly brokerAddress: string;
  readonly brokerName: string;
  readonly clusterName: string;
  readonly storeFolder: string;
  /** What the servers printed so far (ours only). */
  readonly output: string;
  /** Stops in order; the store folder stays until dispose when it was given. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface ClusterOptions {
  /** Default: a scratch folder that is removed at the end. */
  readonly storeFolder?: string;
  /** Lines of broker.conf. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** Further arguments of `centaurmq start` (ours only). */
  readonly args?: readonly string[];
  readonly brokerPort?: number;
  readonly nameServerPort?: number;
  /** Aborting kills servers that are still starting; the start rejects. */
  readonly signal?: AbortSignal;
}

export async function startClusterUnderTest(options: ClusterOptions = {}): Promise<ClusterUnderTest> {
  return process.env['CENTAURMQ_INTEROP_TARGET'] === 'apache'
    ? startApache(options)
    : startOurCluster(options);
}

async function startApache(options: ClusterOptions): Promise<ClusterUnderTest> {
  const nameServer = await startApacheNameServer();
  const broker = await startApacheBroker({
    nameServerAddress: nameServer.address,
    ...(options.storeFolder === undefined ? {} : { storeFolder: options.storeFolder }),
    ...(options.config === undefined ? {} : { config: options.config }),
  });
  const end = async (how: 'stop' | 'kill'): Promise<void> => {
    await broker[how]();
    await nameServer.stop();
  };
  return {
    nameServerAddress: nameServer.address,
    brokerAddress: broker.address,
    brokerName: broker.brokerName,
    clusterName: broker.clusterName,
    storeFolder: broker.storeFolder,
    output: '',
    stop: () => end('stop'),
    kill: () => end('kill'),
    [Symbol.asyncDispose]: () => end('kill'),
  };
}

/** As much of the disk as the genuine broker takes, and nothing is deleted because the machine's disk is full of other things. */
const smallStoreConfig = {
  mappedFileSizeCommitLog: 64 << 20,
  diskMaxUsedSpaceRatio: 98,
  diskSpaceCleanForciblyRatio: 98,
};

/** `centaurmq start` on free ports. */
export async function startOurCluster(options: ClusterOptions = {}): Promise<ClusterUnderTest> {
  const scratch = scratchFolder('our-cluster');
  const storeFolder = options.storeFolder ?? join(scratch, 'store');
  const nameServerPort = options.nameServerPort ?? (await freePort());
  const brokerPort = options.brokerPort ?? (await freePort([-2, 0, 1]));
  const server = new ServerProcess([
    'start',
    `--store=${storeFolder}`,
    `--namesrv-port=${nameServerPort}`,
    `--broker-port=${brokerPort}`,
    '--broker-ip=127.0.0.1',
    '--broker-name=broker-a',
    `--config=${writeConfig(scratch, { ...smallStoreConfig, ...options.config })}`,
    ...(options.args ?? []),
  ]);
  options.signal?.addEventListener('abort', () => void server.end('SIGKILL'));
  const nameServerAddress = `127.0.0.1:${nameServerPort}`;
  const brokerAddress = `127.0.0.1:${brokerPort}`;
  const remove = (): void => rmSync(scratch, { recursive: true, force: true });
  try {
    await waitForRegistration(server, nameServerAddress, brokerAddress);
  } catch (error) {
    await server.end('SIGKILL');
    remove();
    throw error;
  }
  return {
    nameServerAddress,
    brokerAddress,
    brokerName: 'broker-a',
    clusterName: 'DefaultCluster',
    storeFolder,
    get output() {
      return server.output;
    },
    stop: async () => {
      const code = await server.end('SIGTERM');
      if (code !== 0) throw new Error(`centaurmq start ended with ${code}:\n${server.output}`);
    },
    kill: async () => {
      await server.end('SIGKILL');
    },
    [Symbol.asyncDispose]: async () => {
      await server.end('SIGKILL');
      remove();
    },
  };
}

/** Runs `centaurmq <args>` to its end and gives back what it printed; throws when it fails. */
export async function runCentaurmq(args: readonly string[]): Promise<string> {
  const command = new ServerProcess(args);
  const code = await command.ended;
  if (code !== 0) throw new Error(`centaurmq ${args.join(' ')} ended with ${code}:\n${command.output}`);
  return command.output;
}

/** Writes `config` as a broker.conf into `folder` and gives back its path. */
export function writeConfig(
  folder: string,
  config: Readonly<Record<string, string | number | boolean>>,
): string {
  const path = join(folder, 'broker.conf');
  writeFileSync(
    path,
    Object.entries(config)
      .map(([key, value]) => `${key}=${String(value)}\n`)
      .join(''),
  );
  return path;
}

class ServerProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | NodeJS.Signals>;
  output = '';
  running = true;

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [commandLine, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const killWithTests = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', killWithTests);
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.running = false;
        process.off('exit', killWithTests);
        resolve(code ?? signal ?? 'SIGKILL');
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-keptOutputBytes);
      });
    }
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | NodeJS.Signals> {
    if (this.running) this.#child.kill(signal);
    const late = new AbortController();
    const killLate = setTimeout(stopTimeoutMillis, undefined, { signal: late.signal }).then(
      () => this.#child.kill('SIGKILL'),
      () => false,
    );
    const ended = await this.ended;
    late.abort();
    await killLate;
    return ended;
  }
}

async function waitForRegistration(
  server: ServerProcess,
  nameServerAddress: string,
  brokerAddress: string,
): Promise<void> {
  const deadline = performance.now() + startTimeoutMillis;
  for (;;) {
    if (!server.running) throw new Error(`centaurmq start ended early:\n${server.output}`);
    const answer = await rawRequest(nameServerAddress, getBrokerClusterInfo).catch(() => undefined);
    if (answer?.body.includes(`"${brokerAddress}"`) === true) return;
    if (performance.now() > deadline) {
      throw new Error(
        `the broker did not register in ${startTimeoutMillis} ms; cluster info: ${String(answer?.body)}; output:\n${server.output}`,
      );
    }
    await setTimeout(pollMillis);
  }
}
