import { type BrokerConfig, resolveBrokerConfig } from '@centaurmq/broker';
import {
  type Clock,
  type Logger,
  type Random,
  type Transport,
  addressToString,
  nodeTransport,
  silentLogger,
  systemClock,
  systemRandom,
} from '@centaurmq/remoting';
import { resolve } from 'node:path';
import { CommandError } from './exit-code.ts';
import { startRoles } from './roles/start-roles.ts';

export interface StartBrokerOptions {
  /** Keep nothing. Either this or `store`. */
  readonly memory?: boolean;
  /** Directory of the store; made if need be. */
  readonly store?: string;
  /** Default 0: any free port. */
  readonly namesrvPort?: number;
  /** Default 0: any free port. */
  readonly brokerPort?: number;
  /** Default broker-a, in DefaultCluster. */
  readonly config?: Partial<BrokerConfig>;
  /** Default: the system's. With a `ManualClock` delays, retries and timeouts pass when the test says so. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** Default: real sockets on 127.0.0.1. */
  readonly transport?: Transport;
  /** Default: silent. */
  readonly logger?: Logger;
}

/** A name server and a broker in this process. `await using` ends them. */
export interface EmbeddedBroker {
  /** For clients: `127.0.0.1:port`. */
  readonly nameServer: string;
  readonly brokerAddr: string;
  readonly brokerName: string;
  readonly clusterName: string;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const HOST = '127.0.0.1';
/** Small, so that a broker for a test costs next to nothing. */
const MEMORY_SEGMENT_BYTES = 16 * 1024 * 1024;
const MEMORY_QUEUE_FILE_BYTES = 20_000;
const MEMORY_INDEX_SLOTS = 1024;
const MEMORY_INDEX_ENTRIES = 16_384;

/**
 * Starts a real broker with its own name server inside this process, for tests and for programs that bring their broker
 * along. Resolves when clients can send.
 * @throws CommandError when neither or both of `memory` and `store` are given, else what stopped the start
 */
export async function startBroker(options: StartBrokerOptions): Promise<EmbeddedBroker> {
  const inMemory = options.memory === true;
  if (inMemory === (options.store !== undefined))
    throw new CommandError('startBroker: give either memory: true or store: DIRECTORY');
  const config = resolveBrokerConfig(
    {
      brokerName: 'broker-a',
      brokerIP1: HOST,
      listenPort: options.brokerPort ?? 0,
      ...sizes(inMemory),
      ...options.config,
    },
    { hostName: 'broker-a', address: HOST, storePathRootDir: resolve(options.store ?? '.') },
  );
  const roles = await startRoles({
    nameServer: { host: HOST, port: options.namesrvPort ?? 0, kvConfigPath: null },
    broker: {
      config,
      listenHost: HOST,
      location:
        options.store === undefined
          ? { kind: 'memory' }
          : { kind: 'directory', path: config.storePathRootDir },
    },
    tls: null,
    transport: options.transport ?? nodeTransport(),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    logger: options.logger ?? silentLogger,
  });
  return {
    nameServer: roles.nameServer === null ? '' : addressToString(roles.nameServer),
    brokerAddr: roles.broker?.brokerAddr ?? '',
    brokerName: config.brokerName,
    clusterName: config.brokerClusterName,
    stop: () => roles.stop(),
    [Symbol.asyncDispose]: () => roles.stop(),
  };
}

function sizes(inMemory: boolean): Partial<BrokerConfig> {
  if (!inMemory) return {};
  return {
    mappedFileSizeCommitLog: MEMORY_SEGMENT_BYTES,
    mappedFileSizeConsumeQueue: MEMORY_QUEUE_FILE_BYTES,
    maxHashSlotNum: MEMORY_INDEX_SLOTS,
    maxIndexNum: MEMORY_INDEX_ENTRIES,
  };
}
