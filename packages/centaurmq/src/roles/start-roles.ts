import { Broker, type BrokerConfig, type RunningBroker, type StoreLocation } from '@centaurmq/broker';
import { NameServer, kvConfigFile, memoryKvConfigStore } from '@centaurmq/namesrv';
import {
  type Clock,
  type Logger,
  type Random,
  type SocketAddress,
  type TlsIdentity,
  type Transport,
  addressToString,
} from '@centaurmq/remoting';
import { importOnFirstOpen } from '../store-directory/import-on-first-open.ts';

const DRAIN_MILLIS = 5000;

export interface RolesOptions {
  readonly nameServer: {
    readonly host: string;
    /** 0: any free port. */
    readonly port: number;
    /** Null: the KV config ends with the process. */
    readonly kvConfigPath: string | null;
  } | null;
  readonly broker: {
    /** From `resolveBrokerConfig`; the name server started here is added to its name servers. */
    readonly config: BrokerConfig;
    readonly location: StoreLocation;
    readonly listenHost: string;
  } | null;
  /** Of all ports; null: plain only. */
  readonly tls: { readonly mode: 'permissive' | 'enforcing'; readonly identity: TlsIdentity } | null;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface RunningRoles {
  readonly nameServer: SocketAddress | null;
  readonly broker: RunningBroker | null;
  stop(): Promise<void>;
}

/** A port could not be listened on, or a store not be opened: by which role. */
export class RoleStartError extends Error {
  readonly role: 'name server' | 'broker';
  constructor(role: 'name server' | 'broker', cause: unknown) {
    super(`the ${role} cannot start: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'RoleStartError';
    this.role = role;
  }
}

/** Starts what is asked for in this process. @throws RoleStartError with everything ended again */
export async function startRoles(options: RolesOptions): Promise<RunningRoles> {
  const nameServer = options.nameServer === null ? null : createNameServer(options, options.nameServer);
  const nameServerAddress =
    nameServer === null ? null : await started('name server', () => nameServer.start());
  const broker = options.broker === null ? null : createBroker(options, options.broker, nameServerAddress);
  try {
    const running = broker === null ? null : await started('broker', () => broker.start());
    return {
      nameServer: nameServerAddress,
      broker: running,
      async stop() {
        try {
          await broker?.stop();
        } finally {
          await nameServer?.stop({ drainMillis: DRAIN_MILLIS });
        }
      },
    };
  } catch (error) {
    await nameServer?.stop({ drainMillis: DRAIN_MILLIS });
    throw error;
  }
}

function createNameServer(
  { transport, clock, logger, tls }: RolesOptions,
  { host, port, kvConfigPath }: NonNullable<RolesOptions['nameServer']>,
): NameServer {
  return new NameServer({
    transport,
    clock,
    logger,
    listen: { host, port, ...tlsListening(tls) },
    store: kvConfigPath === null ? memoryKvConfigStore() : kvConfigFile(kvConfigPath),
  });
}

function createBroker(
  { transport, clock, random, logger, tls }: RolesOptions,
  { config, location, listenHost }: NonNullable<RolesOptions['broker']>,
  nameServer: SocketAddress | null,
): Broker {
  const others = config.namesrvAddr === '' ? [] : [config.namesrvAddr];
  const own = nameServer === null ? [] : [addressToString(reachableHere(nameServer))];
  return new Broker({
    config: { ...config, namesrvAddr: [...own, ...others].join(';') },
    location,
    listen: { host: listenHost, ...tlsListening(tls) },
    // A name server of this process that takes nothing but TLS has the same certificate.
    nameServerTls: tls?.mode === 'enforcing' ? { verifyPeer: false } : null,
    transport,
    clock,
    random,
    logger,
    processId: process.pid,
    storeOpened: (store) => importOnFirstOpen(store, location, logger),
  });
}

function tlsListening(
  tls: RolesOptions['tls'],
): { tlsMode: 'disabled' } | { tlsMode: 'permissive' | 'enforcing'; tlsIdentity: TlsIdentity } {
  return tls === null ? { tlsMode: 'disabled' } : { tlsMode: tls.mode, tlsIdentity: tls.identity };
}

/** A server that listens everywhere is reached over loopback from here. */
function reachableHere({ host, port }: SocketAddress): SocketAddress {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  return host === '::' ? { host: '::1', port } : { host, port };
}

async function started<Value>(role: RoleStartError['role'], start: () => Promise<Value>): Promise<Value> {
  try {
    return await start();
  } catch (error) {
    throw new RoleStartError(role, error);
  }
}
