import type { BrokerConfig } from '@centaurmq/broker';
import { isIpAddress } from '@centaurmq/remoting';
import { CommandError, ExitCode } from '../exit-code.ts';
import { type LogLevel, logLevels } from '../logging/console-logger.ts';

/** The flags of `centaurmq start` as the command line has them. */
export interface StartFlags {
  readonly store?: string;
  readonly namesrvPort?: string;
  readonly brokerPort?: string;
  readonly brokerIp?: string;
  readonly brokerName?: string;
  readonly cluster?: string;
  readonly role: string;
  readonly namesrv?: string;
  readonly flush?: string;
  readonly tls?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly logLevel: string;
  readonly logJson?: boolean;
}

/** How the ports speak TLS. */
export interface TlsOptions {
  /** permissive tells TLS from plain by the first byte, on the same port. */
  readonly mode: 'permissive' | 'enforcing';
  /** PEM files; null: a self-signed certificate is made at each start. */
  readonly files: { readonly certificate: string; readonly privateKey: string } | null;
}

export interface StartOptions {
  readonly nameServer: { readonly host: string; readonly port: number } | null;
  readonly broker: {
    /** What was asked for; the rest has its defaults. */
    readonly config: Partial<BrokerConfig>;
    readonly listenHost: string;
  } | null;
  /** Of the store, and of what the name server keeps. */
  readonly directory: string;
  readonly tls: TlsOptions | null;
  readonly logLevel: LogLevel;
  readonly logJson: boolean;
}

const roles = ['all', 'namesrv', 'broker'] as const;
const LOOPBACK = '127.0.0.1';
const NAMESRV_PORT_DEFAULT = 9876;
const BROKER_PORT_DEFAULT = 10_911;
const BROKER_NAME_ALONE = 'broker-a';
const STORE_DIRECTORY_DEFAULT = './data';

/**
 * What the flags and the broker.conf say together; flags win. With neither an address nor other name servers
 * everything stays on this machine: nobody else can connect to a broker that was only tried out.
 * @throws CommandError with the exit code of wrong usage
 */
export function decideStartOptions(flags: StartFlags, conf: Partial<BrokerConfig>): StartOptions {
  const role = choice('--role', flags.role, roles);
  const logLevel = choice('--log-level', flags.logLevel, logLevels);
  const logJson = flags.logJson ?? false;
  const namesrvPort = port('--namesrv-port', flags.namesrvPort) ?? NAMESRV_PORT_DEFAULT;
  const withNameServer = role !== 'broker';
  const withBroker = role !== 'namesrv';
  const others = flags.namesrv ?? conf.namesrvAddr ?? '';
  if (role === 'broker' && others === '')
    throw usage('--role broker needs to know the name servers', 'add --namesrv HOST:PORT[;HOST:PORT]');
  const alone = role === 'all' && others === '';
  const brokerIP1 = flags.brokerIp ?? conf.brokerIP1 ?? (alone ? LOOPBACK : undefined);
  if (flags.brokerIp !== undefined && !isIpAddress(flags.brokerIp))
    throw usage(
      `--broker-ip: expected an IPv4 or IPv6 address, found ${JSON.stringify(flags.brokerIp)}`,
      'give the address that clients reach this machine at',
    );
  // Alone the name does not matter, and one that does not change with the machine's is easier to live with.
  const brokerName = flags.brokerName ?? conf.brokerName ?? (alone ? BROKER_NAME_ALONE : undefined);
  const listenHost = brokerIP1 !== undefined && isLoopback(brokerIP1) ? LOOPBACK : '0.0.0.0';
  return {
    nameServer: withNameServer ? { host: withBroker ? listenHost : '0.0.0.0', port: namesrvPort } : null,
    broker: withBroker
      ? { listenHost, config: brokerConfig(flags, conf, { brokerIP1, brokerName, namesrvAddr: others }) }
      : null,
    tls: tlsOptions(flags),
    directory: flags.store ?? conf.storePathRootDir ?? STORE_DIRECTORY_DEFAULT,
    logLevel,
    logJson,
  };
}

function brokerConfig(
  flags: StartFlags,
  conf: Partial<BrokerConfig>,
  decided: {
    readonly brokerIP1: string | undefined;
    readonly brokerName: string | undefined;
    readonly namesrvAddr: string;
  },
): Partial<BrokerConfig> {
  const flush = flags.flush === undefined ? undefined : choice('--flush', flags.flush, ['os', 'fsync']);
  const config: Record<string, string | number | boolean> = {
    ...conf,
    namesrvAddr: decided.namesrvAddr,
    listenPort: port('--broker-port', flags.brokerPort) ?? conf.listenPort ?? BROKER_PORT_DEFAULT,
    storePathRootDir: flags.store ?? conf.storePathRootDir ?? STORE_DIRECTORY_DEFAULT,
  };
  if (decided.brokerIP1 !== undefined) config['brokerIP1'] = decided.brokerIP1;
  if (decided.brokerName !== undefined) config['brokerName'] = decided.brokerName;
  if (flags.cluster !== undefined) config['brokerClusterName'] = flags.cluster;
  if (flush !== undefined) config['flushDiskType'] = flush === 'fsync' ? 'SYNC_FLUSH' : 'ASYNC_FLUSH';
  return config;
}

function tlsOptions(flags: StartFlags): TlsOptions | null {
  const { tlsCertificate: certificate, tlsKey: privateKey } = flags;
  const given = certificate !== undefined || privateKey !== undefined;
  const mode = choice('--tls', flags.tls ?? (given ? 'permissive' : 'disabled'), [
    'disabled',
    'permissive',
    'enforcing',
  ]);
  if (mode === 'disabled') return null;
  if (!given) return { mode, files: null };
  if (certificate === undefined || privateKey === undefined)
    throw usage(
      '--tls-certificate and --tls-key go together',
      'without both a self-signed certificate is made',
    );
  return { mode, files: { certificate, privateKey } };
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

function choice<const Choice extends string>(
  flag: string,
  found: string,
  choices: readonly Choice[],
): Choice {
  const chosen = choices.find((known) => known === found);
  if (chosen === undefined)
    throw usage(`${flag}: expected one of ${choices.join(', ')}, found ${JSON.stringify(found)}`);
  return chosen;
}

function port(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number > 65_535)
    throw usage(`${flag}: expected a port between 0 and 65535, found ${JSON.stringify(text)}`);
  return number;
}

function usage(message: string, advice?: string): CommandError {
  return new CommandError(message, { exitCode: ExitCode.USAGE, ...(advice === undefined ? {} : { advice }) });
}
