import type { RemotingCommand } from '@centaurmq/protocol';
import {
  type ChunkIngestor,
  type Clock,
  type Connection,
  type Logger,
  RemotingServer,
  type RemotingServerOptions,
  type SocketAddress,
  type Transport,
} from '@centaurmq/remoting';
import type { PortKind } from './message-path.ts';

/** Older clients send and administrate on this many ports below the listen port. */
const VIP_PORT_DISTANCE = 2;

export interface BrokerServersOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listen: Omit<RemotingServerOptions['listen'], 'port'>;
  /** 0: any free port. */
  readonly listenPort: number;
  readonly chunkIngestor: ChunkIngestor;
}

/** The broker's two ports (Java: remotingServer and fastRemotingServer), and which connection came through which. */
export class BrokerServers {
  readonly #options: BrokerServersOptions;
  readonly #main: RemotingServer;
  #vip: RemotingServer | null = null;
  readonly #serverOf = new Map<Connection, RemotingServer>();
  readonly #setUps: ((server: RemotingServer, port: PortKind) => void)[] = [];

  constructor(options: BrokerServersOptions) {
    this.#options = options;
    this.#main = this.#server('broker', options.listenPort);
  }

  /** Registers handlers: called for each port, before {@link start}. */
  setUp(setUp: (server: RemotingServer, port: PortKind) => void): void {
    this.#setUps.push(setUp);
  }

  onConnectionClosed(listener: (connection: Connection) => void): void {
    this.setUp((server) => server.onConnectionClosed(listener));
  }

  /** Listens on both ports. With any free port the second may be taken already: then there is none. */
  async start(): Promise<SocketAddress> {
    this.#prepare(this.#main, 'main');
    const address = await this.#main.start();
    const { listenPort, logger } = this.#options;
    const vip = this.#server('broker-vip', address.port - VIP_PORT_DISTANCE);
    this.#prepare(vip, 'vip');
    try {
      await vip.start();
      this.#vip = vip;
    } catch (error) {
      if (listenPort !== 0) throw error;
      logger.info({ port: address.port - VIP_PORT_DISTANCE, err: error }, 'no second port for older clients');
    }
    return address;
  }

  async stop(drainMillis: number): Promise<void> {
    await Promise.all([this.#main.stop({ drainMillis }), this.#vip?.stop({ drainMillis })]);
  }

  /** Asks a client on its own connection. */
  readonly call = (
    connection: Connection,
    command: RemotingCommand,
    timeoutMillis: number,
  ): Promise<RemotingCommand> =>
    (this.#serverOf.get(connection) ?? this.#main).call(connection, command, timeoutMillis);

  /** Tells a client something; dropped when it is gone. */
  readonly notify = (connection: Connection, command: RemotingCommand): void =>
    this.#serverOf.get(connection)?.notify(connection, command);

  readonly disconnect = (connection: Connection, reason: string): void =>
    this.#serverOf.get(connection)?.disconnect(connection, reason);

  #server(name: string, port: number): RemotingServer {
    const { transport, clock, logger, listen, chunkIngestor } = this.#options;
    return new RemotingServer({ name, transport, clock, logger, chunkIngestor, listen: { ...listen, port } });
  }

  #prepare(server: RemotingServer, port: PortKind): void {
    server.onConnectionOpened((connection) => this.#serverOf.set(connection, server));
    server.onConnectionClosed((connection) => this.#serverOf.delete(connection));
    for (const setUp of this.#setUps) setUp(server, port);
  }
}
