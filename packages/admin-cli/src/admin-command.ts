import { MqAdmin } from '@centaurmq/client';
import { writeJson } from '@centaurmq/protocol';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { AdminEnvironment } from './admin-environment.ts';

/** What a command found, for people and for programs. */
export interface Answer {
  readonly text: string;
  /** Written as JSON with `--json`; maps become objects. */
  readonly json: unknown;
}

export interface CommandParts<Flags> {
  /** mqadmin's name of it. */
  readonly name: string;
  readonly description: string;
  readonly options: readonly Option[];
  /** May call `command.error` for flags that do not go together. */
  readonly run: (admin: MqAdmin, flags: Flags, command: Command) => Promise<Answer>;
}

interface SharedFlags {
  readonly namesrvAddr: string;
  readonly json: boolean;
}

/** A subcommand with the flags that all have. */
export function adminCommand<Flags>(parts: CommandParts<Flags>, environment: AdminEnvironment): Command {
  const command = new Command(parts.name).description(parts.description);
  command.addOption(
    new Option(
      '-n, --namesrvAddr <addresses>',
      'name servers, host:port;host:port (or NAMESRV_ADDR)',
    ).default(environment.nameServersDefault),
  );
  for (const option of parts.options) command.addOption(option);
  command.addOption(new Option('--json', 'print JSON').default(false));
  command.action(async (flags: Flags & SharedFlags) => {
    const nameServers = flags.namesrvAddr;
    await using admin = new MqAdmin({ nameServers, environment: environment.client });
    const { text, json } = await parts.run(admin, flags, command);
    environment.out(flags.json ? `${JSON.stringify(JSON.parse(writeJson(json)), null, 2)}\n` : text);
  });
  return command;
}

/** For options: a whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}
