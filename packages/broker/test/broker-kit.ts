import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type RemotingCommand,
  RequestCode,
  SendMessageRequestHeaderV2,
  decodeFrame,
  encodeFrame,
  requestCommand,
} from '@centaurmq/protocol';
import {
  type ByteStream,
  type Logger,
  ManualClock,
  type Transport,
  memoryTransport,
  seededRandom,
  silentLogger,
} from '@centaurmq/remoting';
import { Broker } from '../src/broker.ts';
import { type BrokerConfig, resolveBrokerConfig } from '../src/config/broker-config.ts';
import type { NativeModule } from '../src/store/native-module.ts';
import { loadNativeModule } from '../src/store/native-module.ts';
import type { StoreLocation } from '../src/store/open-store.ts';
import { withoutHotPath } from '../src/store/without-hot-path.ts';
import { socketTransport } from './socket-transport.ts';

export const LISTEN_PORT = 10_911;

export interface BrokerKitOptions {
  readonly location?: StoreLocation;
  readonly config?: Partial<BrokerConfig>;
  /** Without it every frame goes through TypeScript. */
  readonly hotPath?: boolean;
  /** Sockets of the system, which the engine serves; default: a virtual network. */
  readonly hotSockets?: boolean;
  /** Instead of either. */
  readonly transport?: Transport;
  readonly clock?: ManualClock;
  readonly logger?: Logger;
  readonly native?: NativeModule;
}

export interface BrokerKit {
  readonly broker: Broker;
  readonly clock: ManualClock;
  readonly transport: Transport;
  connect(port?: number): Promise<FrameClient>;
  stop(): Promise<void>;
  /** For a broker that waits for something whose end lies in virtual time. */
  stopWhileTimePasses(): Promise<void>;
}

/** A broker on virtual time and a virtual network, with the real engine in memory unless told. */
export async function startBroker(options: BrokerKitOptions = {}): Promise<BrokerKit> {
  const clock = options.clock ?? new ManualClock();
  const transport =
    options.transport ??
    (options.hotSockets === true
      ? socketTransport({ host: '10.1.2.3', port: LISTEN_PORT })
      : memoryTransport({ clock }));
  const native = options.native ?? loadNativeModule();
  const config = resolveBrokerConfig(
    {
      brokerIP1: '10.1.2.3',
      brokerName: 'broker-a',
      brokerClusterName: 'DefaultCluster',
      listenPort: LISTEN_PORT,
      mappedFileSizeCommitLog: 16 * 1024 * 1024,
      mappedFileSizeConsumeQueue: 20_000,
      maxHashSlotNum: 1000,
      maxIndexNum: 4000,
      storePathRootDir: '/nowhere',
      ...options.config,
    },
    { hostName: 'host', address: '10.1.2.3', storePathRootDir: '/nowhere' },
  );
  const broker = new Broker({
    config,
    location: options.location ?? { kind: 'memory' },
    listen: { host: '0.0.0.0', tlsMode: 'disabled' },
    transport,
    clock,
    random: seededRandom(7),
    logger: options.logger ?? silentLogger,
    processId: 4711,
    native: options.hotPath === false ? withoutHotPath(native) : native,
  });
  await broker.start();
  const clients: FrameClient[] = [];
  async function stop(): Promise<void> {
    for (const client of clients) client.close();
    await broker.stop();
  }
  return {
    broker,
    clock,
    transport,
    stop,
    async connect(port = LISTEN_PORT) {
      const stream = await transport.connect({ address: { host: '10.1.2.3', port }, timeoutMillis: 1000 });
      const client = new FrameClient(stream);
      clients.push(client);
      return client;
    },
    async stopWhileTimePasses() {
      const stopping = { done: false };
      const stopped = stop().finally(() => (stopping.done = true));
      while (!stopping.done) await clock.advance(100);
      await stopped;
    },
  };
}

/** Sends frames and keeps what comes back, undecoded too. */
export class FrameClient {
  readonly frames: Buffer[] = [];
  readonly stream: ByteStream;
  closed = false;
  #unread: Buffer = Buffer.alloc(0);
  #opaque = 0;
  readonly #receiveBuffer = new Uint8Array(64 * 1024);

  constructor(stream: ByteStream) {
    this.stream = stream;
    stream.start({
      receiveBuffer: () => this.#receiveBuffer,
      received: (length) => this.#received(length),
      writable: () => undefined,
      closed: () => (this.closed = true),
    });
  }

  /** Sends one command and waits for its answer. */
  async ask(command: RemotingCommand): Promise<RemotingCommand> {
    const { opaque } = this.tell(command);
    return this.answerTo(opaque);
  }

  /** Sends one command; waits for nothing. */
  tell(command: RemotingCommand): RemotingCommand {
    const numbered = { ...command, opaque: ++this.#opaque };
    this.stream.write(encodeFrame(numbered));
    return numbered;
  }

  answered(opaque: number): RemotingCommand | undefined {
    for (const frame of this.frames) {
      const command = decodeFrame(frame);
      if (command.opaque === opaque) return command;
    }
    return undefined;
  }

  async answerTo(opaque: number): Promise<RemotingCommand> {
    await until(() => this.answered(opaque) !== undefined || this.closed);
    const answer = this.answered(opaque);
    if (answer === undefined) throw new Error(`the connection closed before ${opaque} was answered`);
    return answer;
  }

  close(): void {
    if (!this.closed) this.stream.destroy();
  }

  #received(length: number): void {
    this.#unread = Buffer.concat([this.#unread, this.#receiveBuffer.subarray(0, length)]);
    while (this.#unread.length >= 4) {
      const end = 4 + this.#unread.readInt32BE(0);
      if (this.#unread.length < end) return;
      this.frames.push(this.#unread.subarray(0, end));
      this.#unread = this.#unread.subarray(end);
    }
  }
}

/** Lets everything that is ready run until the condition holds; real work of worker threads takes real time. */
export async function until(condition: () => boolean, limitMillis = 30_000): Promise<void> {
  const startMillis = performance.now();
  while (!condition()) {
    if (performance.now() - startMillis > limitMillis) {
      throw new Error(`the condition did not hold within ${limitMillis} ms`);
    }
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

export interface SendOptions {
  readonly topic?: string;
  readonly queueId?: number;
  readonly properties?: string;
  readonly body?: string | Uint8Array;
  readonly sysFlag?: number;
  readonly batch?: boolean;
  readonly oneway?: boolean;
  readonly reconsumeTimes?: number;
  readonly maxReconsumeTimes?: number;
}

let uniqueKeyCount = 0;

/** A property string with a unique key, and more. */
export function propertiesText(given: Record<string, string> = {}): string {
  uniqueKeyCount += 1;
  const key = uniqueKeyCount.toString(16).toUpperCase().padStart(32, '0');
  const entries = Object.entries({ UNIQ_KEY: key, WAIT: 'true', ...given });
  return entries.map(([name, value]) => `${name}\u0001${value}\u0002`).join('');
}

/** SEND_MESSAGE_V2, or SEND_BATCH_MESSAGE. */
export function sendCommand(given: SendOptions = {}): RemotingCommand {
  const body = given.body ?? 'body';
  const command = requestCommand(
    given.batch === true ? RequestCode.SEND_BATCH_MESSAGE : RequestCode.SEND_MESSAGE_V2,
    {
      extFields: SendMessageRequestHeaderV2.encode({
        producerGroup: 'P',
        topic: given.topic ?? 'T',
        defaultTopic: 'TBW102',
        defaultTopicQueueNums: 4,
        queueId: given.queueId ?? 0,
        sysFlag: given.sysFlag ?? 0,
        bornTimestamp: 1_699_999_999_000,
        flag: 0,
        properties: given.properties ?? (given.batch === true ? '' : propertiesText()),
        reconsumeTimes: given.reconsumeTimes ?? 0,
        unitMode: false,
        maxReconsumeTimes: given.maxReconsumeTimes,
        batch: given.batch ?? false,
      }),
      body: typeof body === 'string' ? Buffer.from(body) : body,
    },
  );
  return given.oneway === true ? { ...command, flag: command.flag | 2 } : command;
}

/** A directory that is removed with the test. */
export async function temporaryDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'centaurmq-broker-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
