// A genuine Apache RocketMQ 5.3.3 name server and broker on free ports, in a scratch folder.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { classpath } from './classpath.ts';
import { freePort } from './free-ports.ts';
import { JavaProcess } from './java-process.ts';
import { rawRequest } from './raw-request.ts';

const startTimeoutMillis = 60_000;
const registrationPollMillis = 100;
const updateBrokerConfig = 25;
const getBrokerClusterInfo = 106;
const startAttemptsMax = 3;
const nameServerHeapMegabytes = 128;
const brokerHeapMegabytes = 384;
const measuredHeapMegabytes = 1024;
const brokerDirectMegabytes = 512;

export interface ApacheNameServer extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly processId: number;
  /** Ends the process; a name server keeps nothing, so there is nothing to shut down. */
  stop(): Promise<void>;
}

export interface ApacheBrokerOptions {
  readonly nameServerAddress: string;
  readonly brokerName?: string;
  readonly clusterName?: string;
  /** Default: a folder of its own that goes with the broker. */
  readonly storeFolder?: string;
  /** Further lines of broker.conf; they win over the defaults. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** A fixed port when an earlier broker is to be continued; default: a free one. */
  readonly port?: number;
  /** As a server that is measured has it: its own file sizes, a gigabyte of heap, the full compiler. */
  readonly measured?: boolean;
  /** Put in front of `java`, to pin the process for instance. */
  readonly command?: readonly string[];
}

export interface ApacheBroker extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly brokerName: string;
  readonly clusterName: string;
  readonly storeFolder: string;
  readonly processId: number;
  /** Clean shutdown, some ten seconds: flushes, writes the checkpoint and config, removes `abort`. */
  stop(): Promise<void>;
  /** SIGKILL: leaves the store as it is. Disposing does this too. */
  kill(): Promise<void>;
}

export interface ApacheCluster extends AsyncDisposable {
  readonly nameServer: ApacheNameServer;
  readonly broker: ApacheBroker;
  /** What a client is given: `127.0.0.1:port`. */
  readonly nameServerAddress: string;
}

/** Name server and broker together. Disposing (`await using`) kills both and removes what they wrote. */
export async function startApacheCluster(
  options: Omit<ApacheBrokerOptions, 'nameServerAddress'> = {},
): Promise<ApacheCluster> {
  const nameServer = await startApacheNameServer();
  try {
    const broker = await startApacheBroker({ ...options, nameServerAddress: nameServer.address });
    const dispose = async (): Promise<void> => {
      await broker.kill();
      await nameServer.stop();
    };
    return { nameServer, broker, nameServerAddress: nameServer.address, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await nameServer.stop();
    throw error;
  }
}

export async function startApacheNameServer(): Promise<ApacheNameServer> {
  const folder = scratchFolder('apache-namesrv');
  const path = await classpath('servers', ['launcher']);
  return retryOnTakenPort(folder, async () => {
    const port = await freePort();
    const home = join(folder, String(port));
    const config = writeProperties(join(home, 'namesrv.conf'), {
      listenPort: port,
      bindAddress: '127.0.0.1',
      kvConfigPath: join(home, 'kvConfig.json'),
    });
    const server = new JavaProcess({
      name: `Apache name server on port ${port}`,
      classpath: path,
      mainClass: 'org.apache.rocketmq.namesrv.NamesrvStartup',
      args: ['-c', config],
      heapMegabytes: nameServerHeapMegabytes,
      folder: home,
      systemProperties: { 'rmq.logback.configurationFile': writeLogConfig(home, 'namesrv') },
    });
    await waitForStart(server, 'boot success');
    const stop = async (): Promise<void> => {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    };
    const processId = server.processId ?? 0;
    return { address: `127.0.0.1:${port}`, processId, stop, [Symbol.asyncDispose]: stop };
  });
}

export async function startApacheBroker(options: ApacheBrokerOptions): Promise<ApacheBroker> {
  const folder = scratchFolder('apache-broker');
  const path = await classpath('servers', ['launcher']);
  const brokerName = options.brokerName ?? 'broker-a';
  const clusterName = options.clusterName ?? 'DefaultCluster';
  const storeFolder = options.storeFolder ?? join(folder, 'store');
  return retryOnTakenPort(folder, async () => {
    // RocketMQ also listens on port - 2 (its VIP channel) and port + 1 (HA).
    const port = options.port ?? (await freePort([-2, 0, 1]));
    const home = join(folder, String(port));
    const config = writeProperties(join(home, 'broker.conf'), {
      ...commonBrokerConfig(storeFolder),
      ...(options.measured === true ? {} : smallFiles),
      brokerClusterName: clusterName,
      brokerName,
      brokerId: 0,
      brokerIP1: '127.0.0.1',
      bindAddress: '127.0.0.1',
      listenPort: port,
      haListenPort: port + 1,
      namesrvAddr: options.nameServerAddress,
      ...options.config,
    });
    const broker = new JavaProcess({
      name: `Apache broker on port ${port}`,
      classpath: path,
      mainClass: 'org.apache.rocketmq.broker.BrokerStartup',
      args: ['-c', config],
      heapMegabytes: options.measured === true ? measuredHeapMegabytes : brokerHeapMegabytes,
      tuning: options.measured === true ? 'measured' : 'quick-start',
      command: options.command ?? [],
      folder: home,
      systemProperties: {
        'rmq.logback.configurationFile': writeLogConfig(home, 'broker'),
        'rocketmq.broker.diskSpaceWarningLevelRatio': '0.99',
        'rocketmq.broker.diskSpaceCleanForciblyRatio': '0.98',
        'io.netty.maxDirectMemory': String(brokerDirectMegabytes << 20),
      },
    });
    await waitForStart(broker, 'boot success');
    await waitForRegistration(options.nameServerAddress, `127.0.0.1:${port}`);
    const end = async (how: 'stop' | 'kill'): Promise<void> => {
      await broker[how]();
      rmSync(folder, { recursive: true, force: true });
    };
    return {
      address: `127.0.0.1:${port}`,
      port,
      brokerName,
      clusterName,
      storeFolder,
      processId: broker.processId ?? 0,
      stop: () => end('stop'),
      kill: () => end('kill'),
      [Symbol.asyncDispose]: () => end('kill'),
    };
  });
}

const smallFiles = {
  mappedFileSizeCommitLog: 64 << 20,
  mappedFileSizeConsumeQueue: 600_000,
  mappedFileSizeTimerLog: 1 << 20,
  maxHashSlotNum: 50_000,
  maxIndexNum: 200_000,
};

function commonBrokerConfig(storeFolder: string): Record<string, string | number | boolean> {
  return {
    storePathRootDir: storeFolder,
    storePathCommitLog: join(storeFolder, 'commitlog'),
    autoCreateTopicEnable: true,
    autoCreateSubscriptionGroup: true,
    enablePropertyFilter: true,
    traceTopicEnable: true,
    recallMessageEnable: true,
    diskMaxUsedSpaceRatio: 98,
    waitTimeMillsInSendQueue: 3000,
    warmMapedFileEnable: false,
    useReentrantLockWhenPutMessage: true,
  };
}

/** Another process may take a port between the search and the bind; then the server ends and another port is tried. */
async function retryOnTakenPort<T>(folder: string, start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (attempt < startAttemptsMax && /already in use|BindException/iu.test(String(error))) continue;
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

async function waitForStart(server: JavaProcess, expected: string): Promise<void> {
  try {
    await server.waitForLine((line) => line.includes(expected), startTimeoutMillis);
  } catch (error) {
    await server.kill();
    throw error;
  }
}

/**
 * A 5.3.3 broker's registration at start finds its list of reachable name servers still empty and the next one is ten
 * seconds away; setting brokerPermission to what it is makes it register at once.
 */
async function waitForRegistration(nameServerAddress: string, brokerAddress: string): Promise<void> {
  const { code, remark } = await rawRequest(
    brokerAddress,
    updateBrokerConfig,
    {},
    Buffer.from('brokerPermission=6'),
  );
  if (code !== 0)
    throw new Error(`${brokerAddress} refused the update of brokerPermission: ${code} ${remark}`);
  const deadline = performance.now() + startTimeoutMillis;
  for (;;) {
    const { body } = await rawRequest(nameServerAddress, getBrokerClusterInfo);
    if (body.includes(`"${brokerAddress}"`)) return;
    if (performance.now() > deadline) {
      throw new Error(
        `${brokerAddress} did not register with ${nameServerAddress} in ${startTimeoutMillis} ms; cluster info: ${body.toString()}`,
      );
    }
    await setTimeout(registrationPollMillis);
  }
}

/** A new folder under the system's temporary folder. */
export function scratchFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `centaurmq-${name}-`));
}

function writeProperties(path: string, values: Readonly<Record<string, string | number | boolean>>): string {
  mkdirSync(join(path, '..'), { recursive: true });
  const lines = Object.entries(values).map(([key, value]) => `${key}=${String(value)}\n`);
  writeFileSync(path, lines.join(''));
  return path;
}

/** Warnings to a file; without a configuration RocketMQ's logger writes DEBUG to the console. */
function writeLogConfig(folder: string, name: string): string {
  const path = join(folder, `${name}.logback.xml`);
  const appender = 'org.apache.rocketmq.logging.ch.qos.logback.core.FileAppender';
  writeFileSync(
    path,
    `<configuration>
  <appender name="file" class="${appender}">
    <file>${join(folder, `${name}.log`)}</file>
    <encoder><pattern>%d %p %t %c - %m%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="file"/></root>
</configuration>
`,
  );
  return path;
}
