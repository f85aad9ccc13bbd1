import { ResponseCode, responseTo } from '@centaurmq/protocol';
import {
  type ChunkIngestor,
  type Connection,
  type HotSockets,
  HotTransport,
  type ListenOptions,
  type Logger,
  ManualClock,
  RemotingServer,
  type RemotingServerLimits,
  type RequestHandler,
  type SocketAddress,
  type Transport,
  nodeTransport,
} from '@centaurmq/remoting';
import { type Socket, connect } from 'node:net';
import { StoreIngestEffects, withheldBytesMaxDefault } from '../../src/store/ingest-effects.ts';
import { NativeChunkIngestor } from '../../src/store/native-chunk-ingestor.ts';
import { type NativeModule, loadNativeModule } from '../../src/store/native-module.ts';
import { openHotSockets } from '../../src/store/native-hot-sockets.ts';
import { openStore } from '../../src/store/open-store.ts';
import { until } from '../broker-kit.ts';
import { storeOptions } from './store-kit.ts';

export const ECHO = 10;

const echo: RequestHandler = (request) =>
  responseTo(request, ResponseCode.SUCCESS, { extFields: request.extFields, body: request.body });

export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

export interface HotServerOptions {
  readonly limits?: Partial<RemotingServerLimits>;
  readonly handlers?: Readonly<Record<number, RequestHandler>>;
  readonly withheldBytesMax?: number;
  /** Default: sockets of the system, which the engine serves. */
  readonly transport?: (clock: ManualClock) => Transport;
  readonly tls?: Pick<ListenOptions, 'tlsMode' | 'tlsIdentity'>;
}

export interface HotServer {
  readonly server: RemotingServer;
  readonly clock: ManualClock;
  readonly transport: Transport;
  readonly address: SocketAddress;
  readonly log: LogLine[];
  /** In order of their opening. */
  readonly opened: Connection[];
  /** Made to fail: no flush succeeds. */
  readonly disk: { fails: boolean };
  /** Of the engine, for chunks that TypeScript has read. */
  readonly calls: { readonly ingest: number };
  readonly open: () => Promise<RawClient>;
  readonly stop: () => Promise<void>;
}

/** A server of the topics T and Safe (level fsync) on virtual time, without a general path for sends unless told. */
export async function startHotServer(options: HotServerOptions = {}): Promise<HotServer> {
  const clock = new ManualClock();
  const log: LogLine[] = [];
  const logger = recordingLogger(log);
  const disk = { fails: false };
  const calls = { ingest: 0 };
  const native = watchedEngine(disk, calls);
  const files = { ...storeOptions.files, mappedFileSizeCommitLog: 64 << 20, messageIndexEnable: false };
  const settings = { ...storeOptions.settings, ...files };
  const store = await openStore({ ...storeOptions, files, settings, clock, native });
  const topic = { readQueueNums: 4, writeQueueNums: 4, perm: 6, hotPath: true };
  store.messages.defineTopic({ ...topic, name: 'T', ackLevel: 'os' });
  store.messages.defineTopic({ ...topic, name: 'Safe', ackLevel: 'fsync' });
  const effects = new StoreIngestEffects({
    store: store.messages,
    withheldBytesMax: options.withheldBytesMax ?? withheldBytesMaxDefault,
    pullAnswered: () => undefined,
    unsafeResponse: () => ({ code: ResponseCode.FLUSH_DISK_TIMEOUT, remark: null }),
  });
  const parts = { native, store: store.messages.store, effects, clock, logger };
  const sockets = options.transport === undefined ? openHotSockets(parts) : null;
  const transport = options.transport?.(clock) ?? overHotSockets(sockets, native, logger);
  const chunkIngestor: ChunkIngestor = new NativeChunkIngestor({
    ...parts,
    sendFrames: (connection, bytes) => server.sendFrames(connection, bytes),
  });
  const server = new RemotingServer({
    name: 'hot',
    transport,
    clock,
    logger,
    listen: { host: '127.0.0.1', port: 0, tlsMode: 'disabled', ...options.tls },
    limits: options.limits ?? {},
    chunkIngestor,
  });
  const opened: Connection[] = [];
  server.onConnectionOpened((connection) => opened.push(connection));
  server.register(ECHO, echo);
  for (const [code, handler] of Object.entries(options.handlers ?? {}))
    server.register(Number(code), handler);
  const address = await server.start();
  const clients: RawClient[] = [];
  return {
    server,
    clock,
    transport,
    address,
    log,
    opened,
    disk,
    calls,
    async open() {
      const before = opened.length;
      const client = new RawClient(connect({ ...address, allowHalfOpen: true }));
      clients.push(client);
      await until(() => opened.length > before || client.ended || client.closed);
      return client;
    },
    async stop() {
      for (const client of clients) client.socket.destroy();
      await until(() => server.connectionCount === 0);
      await server.stop({ drainMillis: 1000 });
      sockets?.close();
      await store.close();
    },
  };
}

function overHotSockets(sockets: HotSockets | null, native: NativeModule, logger: Logger): Transport {
  if (sockets === null) throw new Error('the engine serves no sockets here');
  const duplicateDescriptor = (descriptor: number): number => native.duplicateDescriptor(descriptor);
  return new HotTransport({ transport: nodeTransport(), sockets, duplicateDescriptor, logger });
}

function watchedEngine(disk: { readonly fails: boolean }, calls: { ingest: number }): NativeModule {
  const native = loadNativeModule();
  return {
    ...native,
    ingest(...given) {
      calls.ingest += 1;
      return native.ingest(...given);
    },
    flush(store) {
      if (disk.fails) throw new Error('the disk does not answer');
      return native.flush(store);
    },
  };
}

export function recordingLogger(lines: LogLine[]): Logger {
  const record = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields, message });
  return { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') };
}

/** A socket whose reading, ending and resetting are the test's. */
export class RawClient {
  readonly socket: Socket;
  readonly frames: Buffer[] = [];
  ended = false;
  closed = false;
  #unread: Buffer[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => this.#unread.push(chunk));
    socket.on('end', () => (this.ended = true));
    socket.on('close', () => (this.closed = true));
    socket.on('error', () => undefined);
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Waits for so many whole frames in all. */
  async read(count: number): Promise<Buffer[]> {
    await until(() => {
      if (this.closed && this.#unread.length === 0 && this.frames.length < count) {
        throw new Error(`closed after ${this.frames.length} frames, ${count} were expected`);
      }
      this.#split();
      return this.frames.length >= count;
    });
    return this.frames;
  }

  #split(): void {
    if (this.#unread.length === 0) return;
    let bytes = Buffer.concat(this.#unread);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
      const end = 4 + bytes.readInt32BE(0);
      if (end < 8) throw new Error(`frame ${this.frames.length} has a length of ${end - 4}`);
      this.frames.push(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
    this.#unread = bytes.length > 0 ? [bytes] : [];
  }
}
