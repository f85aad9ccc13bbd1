import { createRequire } from 'node:module';
import { MqError, MqErrorCode } from '@centaurmq/client';
import { Command, CommanderError } from 'commander';
import { adminCommand } from './admin-command.ts';
import type { AdminEnvironment } from './admin-environment.ts';
import { processEnvironment } from './admin-environment.ts';
import { clusterList } from './commands/cluster-list.ts';
import { consumerProgress } from './commands/consumer-progress.ts';
import { deleteTopic } from './commands/delete-topic.ts';
import { topicList } from './commands/topic-list.ts';
import { topicRoute } from './commands/topic-route.ts';
import { topicStatus } from './commands/topic-status.ts';
import { updateTopic } from './commands/update-topic.ts';
import { ExitCode } from './exit-code.ts';

/**
 * Runs one administration command.
 * @param args without the program's name, such as `['topicList', '-n', '127.0.0.1:9876']`
 */
export async function runAdminCommandLine(
  args: readonly string[],
  environment: AdminEnvironment = processEnvironment(),
): Promise<ExitCode> {
  try {
    await program(environment).parseAsync([...args], { from: 'user' });
    return ExitCode.SUCCESS;
  } catch (error) {
    return report(error, environment);
  }
}

function program(environment: AdminEnvironment): Command {
  const { out, error, now } = environment;
  const root = new Command('centaurmq-admin')
    .description('Operate a CentaurMQ or Apache RocketMQ cluster; commands and letters as in mqadmin')
    .version(version());
  const commands = [
    adminCommand(topicList, environment),
    adminCommand(topicRoute, environment),
    adminCommand(topicStatus, environment),
    adminCommand(updateTopic, environment),
    adminCommand(deleteTopic, environment),
    adminCommand(clusterList(now), environment),
    adminCommand(consumerProgress, environment),
  ];
  for (const command of [root, ...commands]) {
    command.exitOverride().configureOutput({ writeOut: out, writeErr: error });
    command.showSuggestionAfterError().showHelpAfterError('(--help shows how it is used)');
    if (command !== root) root.addCommand(command);
  }
  return root;
}

function report(error: unknown, environment: AdminEnvironment): ExitCode {
  // Commander has said it already; help and version are no failure.
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return ExitCode.SUCCESS;
    return error.code === FAILED_COMMAND ? ExitCode.FAILURE : ExitCode.USAGE;
  }
  const message = error instanceof Error ? error.message : String(error);
  environment.error(`centaurmq-admin: ${message}\n`);
  const isUsage = error instanceof MqError && error.code === MqErrorCode.INVALID_ARGUMENT;
  return isUsage ? ExitCode.USAGE : ExitCode.FAILURE;
}

/** The code of `command.error` for what only the cluster could tell. */
const FAILED_COMMAND = 'centaurmq.failed';

function version(): string {
  const manifest: unknown = createRequire(import.meta.url)('../package.json');
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '';
}
