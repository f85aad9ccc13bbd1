import { requestCommand, responseTo, ResponseCode } from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import {
  addressToString,
  ManualClock,
  memoryTransport,
  nodeTransport,
  RemotingClient,
  RemotingServer,
  silentLogger,
  systemClock,
} from '../src/index.ts';
import type {
  ByteStream,
  ChunkIngestor,
  Clock,
  Logger,
  RemotingClientLimits,
  RemotingServerLimits,
  RequestHandler,
  Transport,
} from '../src/index.ts';

export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

export function recordingLogger(lines: LogLine[]): Logger {
  const record = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields, message });
  return { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') };
}

export const ECHO = 10;
export const HELD = 11;

export const echo: RequestHandler = (request) =>
  responseTo(request, ResponseCode.SUCCESS, { extFields: request.extFields, body: request.body });

export function echoRequest(text = 'hello', opaque = 0): RemotingCommand {
  return { ...requestCommand(ECHO, { extFields: { text }, body: Buffer.from(text) }), opaque };
}

export interface House {
  readonly server: RemotingServer;
  readonly client: RemotingClient;
  readonly address: string;
  readonly transport: Transport;
  readonly serverLog: LogLine[];
  stop(): Promise<void>;
}

export interface HouseOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly chunkIngestor?: ChunkIngestor;
  readonly serverLimits?: Partial<RemotingServerLimits>;
  readonly clientLimits?: Partial<RemotingClientLimits>;
  readonly prepare?: (server: RemotingServer) => void;
}

/** A server that echoes code 10, and a client. */
export async function startHouse(options: HouseOptions): Promise<House> {
  const { transport, clock } = options;
  const serverLog: LogLine[] = [];
  const server = new RemotingServer({
    name: 'test',
    transport,
    clock,
    logger: recordingLogger(serverLog),
    listen: { host: '127.0.0.1', port: 0, tlsMode: 'disabled' },
    limits: options.serverLimits ?? {},
    ...(options.chunkIngestor === undefined ? {} : { chunkIngestor: options.chunkIngestor }),
  });
  server.register(ECHO, echo);
  options.prepare?.(server);
  const address = addressToString(await server.start());
  const client = new RemotingClient({
    name: 'test',
    transport,
    clock,
    logger: silentLogger,
    limits: options.clientLimits ?? {},
  });
  return {
    server,
    client,
    address,
    transport,
    serverLog,
    async stop() {
      await client.close();
      await server.stop({ drainMillis: 1000 });
    },
  };
}

/** What a server of a test stands on. */
export interface World {
  readonly world: string;
  readonly make: () => Pick<HouseOptions, 'transport' | 'clock' | 'chunkIngestor'>;
}

/** Each test that takes one of these runs over real sockets and in memory. */
export const worlds: readonly World[] = [
  {
    world: 'real sockets',
    make: () => ({ transport: nodeTransport(), clock: systemClock }),
  },
  {
    world: 'memory',
    make: () => {
      const clock = new ManualClock();
      return { transport: memoryTransport({ clock }), clock };
    },
  },
];

/** Waits for a condition that real sockets bring about, turn by turn of the event loop. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** Reads a stream into chunks. */
export function collect(
  stream: ByteStream,
  chunks: Buffer[],
  closed: (reason: Error | null) => void = () => undefined,
): void {
  const buffer = Buffer.alloc(65_536);
  stream.start({
    receiveBuffer: () => buffer,
    received: (length) => void chunks.push(Buffer.from(buffer.subarray(0, length))),
    writable: () => undefined,
    closed,
  });
}
