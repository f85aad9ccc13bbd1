import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly quick: boolean;
  /** Empty: all. */
  readonly only: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
  readonly cpuProfile: boolean;
  /** Programs of the other systems: names on the PATH, or paths. */
  readonly natsServer: string;
  readonly redisServer: string;
}

/** Something the person in front of the terminal has to change. */
export class OptionError extends Error {}

/** @throws OptionError that names what is wrong and what there is */
export function readOptions(args: readonly string[], workloadNames: readonly string[]): BenchOptions {
  const values = parsed(args);
  const only = values.only ?? [];
  const unknown = only.find((name) => !workloadNames.includes(name));
  if (unknown !== undefined)
    throw new OptionError(`--only ${unknown} is unknown; there is: ${workloadNames.join(', ')}`);
  const quick = values.quick ?? false;
  return {
    quick,
    only,
    rounds: positive('--rounds', values.rounds ?? (quick ? '1' : '5')),
    seconds: positive('--seconds', values.seconds ?? '1'),
    seed: positive('--seed', values.seed ?? '1'),
    cpuProfile: values['cpu-profile'] ?? false,
    natsServer: values['nats-server'] ?? 'nats-server',
    redisServer: values['redis-server'] ?? 'redis-server',
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        seed: { type: 'string' },
        'cpu-profile': { type: 'boolean' },
        'nats-server': { type: 'string' },
        'redis-server': { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new OptionError(`${name} takes a number above 0, not '${text}'`);
  return value;
}
