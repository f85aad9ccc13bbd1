// `pnpm simulate`: many seeds over all processors, one seed again, or the hunt for planted bugs.
import { Command, InvalidArgumentError, Option } from 'commander';
import { SingleBar } from 'cli-progress';
import { findPlantedBugs, medianSeeds } from './bugs/find-planted-bugs.ts';
import { plantedBugs } from './bugs/planted-bugs.ts';
import { runCampaign } from './campaign/run-campaign.ts';
import { type SeedOutcome, optionsOf } from './campaign/seed-task.ts';
import type { AckLevelName } from './plan/run-plan.ts';
import { explainRun, replayCommand } from './report/explain-run.ts';
import { type RunOptions, runSeed } from './run/run-seed.ts';
import { shrinkFaults } from './shrink/shrink-faults.ts';

/** Failed seeds that are shrunk and explained; the others are listed. */
const EXPLAINED_MAX = 3;
const SEED_LIMIT = 0x1_0000_0000;
/** Without a terminal a line comes so often. */
const LINE_EVERY_MILLIS = 10_000;
const HUNTS = 5;
const HUNT_SEEDS_MAX = 200;

interface CommandOptions {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly seed?: number;
  readonly level: AckLevelName | 'both';
  readonly faults?: readonly number[];
  readonly bug?: string;
  readonly plantedBugs?: boolean;
  readonly trace?: boolean;
  readonly shrink: boolean;
}

const command = new Command('simulate')
  .description('Runs whole clusters on virtual time, each from one seed, and checks what they promise.')
  .option('--seeds <count>', 'how many seeds', wholeNumber, 100)
  .option('--first-seed <seed>', 'the first of them', wholeNumber, 1)
  .addOption(
    new Option('--level <level>', 'what an acknowledgement promises')
      .choices(['os', 'fsync', 'both'])
      .default('both'),
  )
  .option('--seed <seed>', 'one seed only, with its report', wholeNumber)
  .option('--faults <numbers>', 'with --seed: only these of its faults, as 0,3,4; or none', faultNumbers)
  .addOption(
    new Option('--bug <name>', 'with --seed: with this bug planted').choices(Object.keys(plantedBugs)),
  )
  .option('--trace', 'with --seed: prints everything that happens')
  .option('--no-shrink', 'with --seed: leaves a failing schedule as it is')
  .option('--planted-bugs', 'counts how many seeds it takes to find each planted bug');

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number >= SEED_LIMIT)
    throw new InvalidArgumentError(`expected a whole number below ${SEED_LIMIT}`);
  return number;
}

function faultNumbers(text: string): number[] {
  return text === 'none' ? [] : text.split(',').map(wholeNumber);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function levelsOf({ level }: CommandOptions): AckLevelName[] {
  return level === 'both' ? ['os', 'fsync'] : [level];
}

async function runOne(seed: number, options: CommandOptions): Promise<boolean> {
  let isGood = true;
  for (const level of levelsOf(options)) {
    const { faults, bug = null, trace = false, shrink } = options;
    const run: RunOptions = {
      ...optionsOf({ seed, level, bug }),
      ...(faults === undefined ? {} : { keepFaults: faults }),
    };
    const report = await runSeed(trace ? { ...run, traceLine: print } : run);
    print(
      `seed ${seed} at ${level}: ${report.violations.length} violations, ${report.acknowledgedCount} messages acknowledged, ` +
        `${(report.virtualMillis / 1000).toFixed(0)} virtual seconds, trace ${report.traceDigest}`,
    );
    if (report.violations.length === 0) continue;
    isGood = false;
    const shrunk = shrink ? await shrinkFaults(run, report) : { keepFaults: faults, report };
    const shortest = shrunk.keepFaults === undefined ? run : { ...run, keepFaults: shrunk.keepFaults };
    print(await explainRun(shortest, shrunk.report, bug));
  }
  return isGood;
}

async function runMany(options: CommandOptions): Promise<boolean> {
  const levels = levelsOf(options);
  const total = options.seeds * levels.length;
  const failed: SeedOutcome[] = [];
  const began = performance.now();
  const sums = { runs: 0, virtualMillis: 0, acknowledged: 0, delivered: 0 };
  const rate = (): string => (sums.virtualMillis / (performance.now() - began)).toFixed(0);
  const bar = process.stdout.isTTY
    ? new SingleBar({
        format: '{bar} {value}/{total} runs · {failed} failed · {rate} virtual s/s · {eta_formatted} left',
      })
    : null;
  bar?.start(total, 0, { failed: 0, rate: '0' });
  let lineDue = began + LINE_EVERY_MILLIS;
  await runCampaign({
    firstSeed: options.firstSeed,
    seedCount: options.seeds,
    levels,
    onOutcome(outcome) {
      sums.runs += 1;
      sums.virtualMillis += outcome.virtualMillis;
      sums.acknowledged += outcome.acknowledgedCount;
      sums.delivered += outcome.deliveredCount;
      if (outcome.violationCount > 0) {
        failed.push(outcome);
        // A long campaign is not waited for: what it finds can be looked at meanwhile.
        print(`failed: ${replayCommand(outcome, null)}`);
      }
      bar?.update(sums.runs, { failed: failed.length, rate: rate() });
      if (bar === null && performance.now() >= lineDue) {
        lineDue += LINE_EVERY_MILLIS;
        print(`${sums.runs}/${total} runs, ${failed.length} failed, ${rate()} virtual seconds per second`);
      }
    },
  });
  bar?.stop();
  for (const { seed, level } of failed.slice(0, EXPLAINED_MAX))
    await runOne(seed, { ...options, level, shrink: true });
  print(
    `${sums.runs} runs, ${failed.length} failed; ${sums.acknowledged} messages acknowledged, ${sums.delivered} deliveries; ` +
      `${(sums.virtualMillis / 3_600_000).toFixed(1)} virtual hours in ${((performance.now() - began) / 1000).toFixed(0)} s ` +
      `(${rate()} virtual seconds per second)`,
  );
  return failed.length === 0;
}

async function huntBugs(): Promise<boolean> {
  const hunts = await findPlantedBugs({
    hunts: HUNTS,
    seedsMax: HUNT_SEEDS_MAX,
    onHunt: (hunt) => {
      const median = medianSeeds(hunt);
      const found = hunt.seedsTaken.map((count) => count ?? 'not found').join(', ');
      print(
        `${hunt.bug} at ${hunt.level}: ${median === null ? 'NOT FOUND' : `median ${median} seeds`} (${found}) by ${hunt.foundBy.join(', ')}`,
      );
    },
  });
  return hunts.every(({ seedsTaken }) => seedsTaken.every((count) => count !== null));
}

command.parse();
const options = command.opts<CommandOptions>();
const isGood =
  options.plantedBugs === true
    ? await huntBugs()
    : options.seed === undefined
      ? await runMany(options)
      : await runOne(options.seed, options);
process.exitCode = isGood ? 0 : 1;
