import { type BrokerConfig, ConfigError, parseBrokerConfig, parseProperties } from '@centaurmq/broker';
import { silentLogger } from '@centaurmq/remoting';
import { Command, CommanderError } from 'commander';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { CommandError, ExitCode } from './exit-code.ts';
import { consoleLogger, logLevels } from './logging/console-logger.ts';
import { startCommand } from './start/start-command.ts';
import { type StartFlags, decideStartOptions } from './start/start-options.ts';
import { stopSignal } from './start/stop-signal.ts';
import { exportConfig, importConfig } from './store-directory/store-command.ts';

interface ConfigFlag {
  readonly config?: string;
}

/** Runs `centaurmq …`. Answers the exit code: 0 success, 1 failure, 2 wrong usage. */
export async function runCommandLine(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.SUCCESS;
  const program = commandLine((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return report(error);
  }
}

function commandLine(ended: (exitCode: ExitCode) => void): Command {
  const program = new Command('centaurmq')
    .description('RocketMQ for Node.js: name server and broker in one process')
    .version(version())
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text) });
  program
    .command('start')
    .description('start a name server and a broker in this process')
    .option('--store <dir>', 'directory of the store (default: ./data)')
    .option('--namesrv-port <port>', 'port of the name server (default: 9876; 0: any)')
    .option(
      '--broker-port <port>',
      'port of the broker (default: 10911; 0: any); port - 2 serves older clients',
    )
    .option('--broker-ip <ip>', 'address that clients are told (default: 127.0.0.1, only this machine)')
    .option('--broker-name <name>', 'name of the broker (default: broker-a, among others the host name)')
    .option('--cluster <name>', 'cluster of the broker (default: DefaultCluster)')
    .option('--role <role>', 'what to start: all, namesrv or broker', 'all')
    .option('--namesrv <addresses>', 'further name servers to register with, host:port;host:port')
    .option('--config <file>', 'an Apache broker.conf; flags win over what it says')
    .option('--flush <level>', 'what an acknowledgement means: os (default) or fsync')
    .option('--tls <mode>', 'disabled (default), permissive (plain and TLS on the same ports) or enforcing')
    .option('--tls-certificate <file>', 'certificate in PEM; without one a self-signed one is made')
    .option('--tls-key <file>', 'private key of the certificate in PEM')
    .option('--log-level <level>', `one of ${logLevels.join(', ')}`, 'warn')
    .option('--log-json', 'log JSON lines')
    .action(async (flags: StartFlags & ConfigFlag) => {
      ended(await start(flags));
    });
  storeCommands(program.command('store').description('move a store from and to Apache RocketMQ'));
  adminCommand(program, ended);
  return program;
}

async function start(flags: StartFlags & ConfigFlag): Promise<ExitCode> {
  const { config: conf, ignored } = await readConf(flags.config);
  const options = decideStartOptions(flags, conf);
  const logger = consoleLogger({ level: options.logLevel, json: options.logJson });
  if (ignored.length > 0)
    logger.warn({ file: flags.config, ignored }, 'keys that mean nothing here are ignored');
  const signal = stopSignal(process);
  try {
    return await startCommand(options, { version: version(), logger, print, stopAsked: signal.asked });
  } finally {
    signal.release();
  }
}

function storeCommands(store: Command): void {
  const subcommands = [
    [
      'export-config',
      "write Apache's config/*.json from the store's topics, groups and offsets",
      exportConfig,
    ],
    ['import-config', "take over topics, groups and offsets from Apache's config/*.json", importConfig],
  ] as const;
  for (const [name, description, run] of subcommands)
    store
      .command(name)
      .description(description)
      .option('--store <dir>', 'directory of the store', './data')
      .option('--config <file>', 'the broker.conf the store was made with')
      .action(async (flags: ConfigFlag & { readonly store: string }) => {
        const { config: conf } = await readConf(flags.config);
        await run({ directory: flags.store, conf, logger: silentLogger, print });
      });
}

/** The arguments belong to the administration commands; what they say and how they end is their own. */
function adminCommand(program: Command, ended: (exitCode: ExitCode) => void): void {
  program
    .command('admin')
    .description('operate a cluster: centaurmq admin --help')
    .passThroughOptions()
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(async (_flags: unknown, command: Command) => {
      // Loaded only now: starting a broker does not need it.
      const { runAdminCommandLine } = await import('@centaurmq/admin-cli');
      ended(await runAdminCommandLine(command.args));
    });
}

async function readConf(
  path: string | undefined,
): Promise<{ config: Partial<BrokerConfig>; ignored: readonly string[] }> {
  if (path === undefined) return { config: {}, ignored: [] };
  try {
    return parseBrokerConfig(parseProperties(await readFile(path, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`${path}: ${reason}`, {
      exitCode: cause instanceof ConfigError ? ExitCode.USAGE : ExitCode.FAILURE,
      cause,
    });
  }
}

function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    // Commander has said it already; help and version are no failure.
    return error.exitCode === 0 ? ExitCode.SUCCESS : ExitCode.USAGE;
  }
  const known = error instanceof CommandError ? error : null;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`centaurmq: ${message}\n`);
  if (known?.advice !== null && known?.advice !== undefined) process.stderr.write(`  ${known.advice}\n`);
  if (known === null && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return known?.exitCode ?? ExitCode.FAILURE;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function version(): string {
  const manifest: unknown = createRequire(import.meta.url)('../package.json');
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '';
}
