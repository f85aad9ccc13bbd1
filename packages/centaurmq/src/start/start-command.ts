import { type BrokerConfig, ConfigError, resolveBrokerConfig } from '@centaurmq/broker';
import { type Logger, addressToString, nodeTransport, systemClock, systemRandom } from '@centaurmq/remoting';
import { join, resolve } from 'node:path';
import { CommandError, ExitCode } from '../exit-code.ts';
import { type RunningRoles, startRoles } from '../roles/start-roles.ts';
import { describeRecovery } from './describe-recovery.ts';
import { explainStartError } from './explain-start-error.ts';
import { machineFacts } from './machine-facts.ts';
import { prepareStoreDirectory } from './prepare-store-directory.ts';
import type { StartOptions } from './start-options.ts';
import { tlsOf } from './tls-identity.ts';

export interface StartEnvironment {
  readonly version: string;
  readonly logger: Logger;
  readonly print: (line: string) => void;
  /** Resolves when the process is asked to end. */
  readonly stopAsked: Promise<string>;
}

/** Starts the roles, says where they are, and ends them when asked. @throws CommandError when they cannot start */
export async function startCommand(options: StartOptions, environment: StartEnvironment): Promise<ExitCode> {
  const { print, stopAsked } = environment;
  const config = options.broker === null ? null : brokerConfig(options.broker.config);
  const startedAt = performance.now();
  const roles = await start(options, config, environment.logger);
  for (const line of announcement(roles, {
    config,
    tls: tlsText(options),
    version: environment.version,
    startedAt,
  }))
    print(line);
  const signal = await stopAsked;
  print(`${signal}: stopping; a second one ends at once.`);
  await roles.stop();
  print('Stopped.');
  return ExitCode.SUCCESS;
}

function brokerConfig(given: Partial<BrokerConfig>): BrokerConfig {
  const storePathRootDir = resolve(given.storePathRootDir ?? 'data');
  try {
    return resolveBrokerConfig({ ...given, storePathRootDir }, machineFacts(storePathRootDir));
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new CommandError(cause.message, { exitCode: ExitCode.USAGE, cause });
  }
}

async function start(
  options: StartOptions,
  config: BrokerConfig | null,
  logger: Logger,
): Promise<RunningRoles> {
  const directory = config?.storePathRootDir ?? resolve(options.directory);
  try {
    await prepareStoreDirectory(directory);
    return await startRoles({
      nameServer:
        options.nameServer === null
          ? null
          : { ...options.nameServer, kvConfigPath: join(directory, 'namesrv', 'kvConfig.json') },
      broker:
        options.broker === null || config === null
          ? null
          : {
              config,
              listenHost: options.broker.listenHost,
              location: { kind: 'directory', path: directory },
            },
      tls: await tlsOf(options.tls, config?.brokerIP1 ?? null),
      transport: nodeTransport(),
      clock: systemClock,
      random: systemRandom,
      logger,
    });
  } catch (error) {
    throw await explainStartError(error, { brokerPort: config?.listenPort ?? null });
  }
}

function tlsText({ tls }: StartOptions): string | null {
  if (tls === null) return null;
  return `${tls.mode}, ${tls.files === null ? 'self-signed certificate' : tls.files.certificate}`;
}

function announcement(
  { nameServer, broker }: RunningRoles,
  given: {
    readonly config: BrokerConfig | null;
    readonly tls: string | null;
    readonly version: string;
    readonly startedAt: number;
  },
): string[] {
  const { config, version } = given;
  const lines = [`CentaurMQ ${version} started in ${Math.round(performance.now() - given.startedAt)} ms`];
  const shownHost = config === null ? nameServer?.host : config.brokerIP1;
  const nameServerText =
    nameServer === null
      ? null
      : addressToString({ host: shownHost ?? nameServer.host, port: nameServer.port });
  if (nameServerText !== null) lines.push(`  name server   ${nameServerText}`);
  if (broker !== null && config !== null) {
    const acknowledged =
      config.flushDiskType === 'SYNC_FLUSH'
        ? 'fsync: acknowledged messages survive a power failure'
        : 'os: acknowledged messages survive the death of this process';
    lines.push(`  broker        ${broker.brokerAddr}  (${config.brokerName} in ${config.brokerClusterName})`);
    lines.push(`  store         ${config.storePathRootDir}`);
    lines.push(`  recovery      ${describeRecovery(broker.recovery)}`);
    lines.push(`  flush         ${acknowledged}`);
    if (config.namesrvAddr !== '') lines.push(`  registered    ${config.namesrvAddr}`);
  }
  if (given.tls !== null) lines.push(`  TLS           ${given.tls}`);
  lines.push(`Clients use the name server ${nameServerText ?? config?.namesrvAddr ?? ''}.`);
  if (config?.brokerIP1 === '127.0.0.1')
    lines.push('Only this machine can connect; --broker-ip ADDRESS opens it to others.');
  lines.push('Ctrl-C stops it.');
  return lines;
}
