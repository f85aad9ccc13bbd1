import { Chance } from '../chance/chance.ts';
import { neverConsumed } from '../check/acknowledged-is-consumed.ts';
import { checkRun } from '../check/all-checks.ts';
import type { Violation } from '../check/violation.ts';
import { FaultInjector } from '../faults/fault-injector.ts';
import { type GroupDuty, History, type RecordedRun, eventsOf } from '../history/history.ts';
import type { Fault } from '../plan/fault.ts';
import { drawRunPlan } from '../plan/draw-run-plan.ts';
import type { AckLevelName, GroupPlan, RunPlan } from '../plan/run-plan.ts';
import { ConsumerProgram } from '../workload/consumer-program.ts';
import { Member, type Program } from '../workload/member.ts';
import { ProducerProgram } from '../workload/producer-program.ts';
import type { ChangeEngine } from '../world/simulated-broker.ts';
import { SimulationError, simulate } from '../world/simulate.ts';
import type { World } from '../world/world.ts';
import { auditRun, backlogOf } from './audit-run.ts';
import { Cluster } from '../cluster/cluster.ts';

const DRAIN_CHECK_MILLIS = 5000;
/** Failed messages come again after 10 s, 30 s, 1 min, 2 min …: so long a group may take. */
const DRAIN_MILLIS_MAX = 20 * 60_000;
/** Name servers forget dead brokers after two minutes, and living brokers register every half. */
const ROUTES_SETTLE_MILLIS = 40_000;

export interface RunOptions {
  readonly seed: number;
  readonly level: AckLevelName;
  /** Of the faults that the seed gives, these only, by their number from 0; all when not given. */
  readonly keepFaults?: readonly number[];
  readonly changeEngine?: ChangeEngine;
  readonly traceLine?: (text: string) => void;
}

export interface RunReport {
  readonly seed: number;
  readonly level: AckLevelName;
  readonly violations: readonly Violation[];
  readonly faults: readonly Fault[];
  /** Of everything that happened. */
  readonly traceDigest: string;
  /** Newest lines of the trace, oldest first. */
  readonly lastEvents: readonly string[];
  readonly virtualMillis: number;
  readonly eventCount: number;
  readonly acknowledgedCount: number;
  readonly deliveredCount: number;
  /** Null when the run did not come to its end. */
  readonly recorded: RecordedRun | null;
}

/** Runs what the seed draws, from the first start of a server to the audit, and judges it. */
export async function runSeed(options: RunOptions): Promise<RunReport> {
  const { seed, level, keepFaults, changeEngine, traceLine } = options;
  const plan = drawRunPlan(seed, level);
  const faults =
    keepFaults === undefined ? plan.faults : plan.faults.filter((_, index) => keepFaults.includes(index));
  const about = { seed, level, faults };
  try {
    return await simulate(
      {
        seed,
        ...(changeEngine === undefined ? {} : { changeEngine }),
        ...(traceLine === undefined ? {} : { traceLine }),
      },
      async (world) => {
        const run = await recordRun(world, { ...plan, faults });
        return {
          ...about,
          violations: checkRun(run),
          traceDigest: world.trace.digest(),
          lastEvents: world.trace.last(),
          virtualMillis: world.time.elapsedMillis,
          eventCount: world.time.eventCount,
          acknowledgedCount: eventsOf(run.events, 'sendAcknowledged').length,
          deliveredCount: eventsOf(run.events, 'delivered').length,
          recorded: run,
        };
      },
    );
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    const what =
      error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : String(error.cause);
    return {
      ...about,
      violations: [{ check: 'theRunEnds', what, at: null }],
      traceDigest: '',
      lastEvents: error.lastEvents,
      virtualMillis: 0,
      eventCount: 0,
      acknowledgedCount: 0,
      deliveredCount: 0,
      recorded: null,
    };
  }
}

async function recordRun(world: World, plan: RunPlan): Promise<RecordedRun> {
  const history = new History(() => world.time.elapsedMillis);
  const cluster = new Cluster(world, plan, history);
  const members = createMembers(world, plan, cluster, history);
  const injector = new FaultInjector({ world, cluster, members, history });
  await cluster.start();
  injector.schedule(plan.faults);
  beginMembers(world, plan, members);
  await world.sleep(plan.busyMillis);
  injector.heal();
  await everybodyRuns(world, plan, cluster, members);
  for (const { name } of plan.producers) await members.get(name)?.leave();
  await drained(world, plan, cluster, history);
  cluster.end();
  const audit = await auditRun(world, cluster, plan);
  return { level: plan.level, events: history.events, duties: dutiesOf(plan), audit };
}

function createMembers(world: World, plan: RunPlan, cluster: Cluster, history: History): Map<string, Member> {
  const chance = new Chance(plan.seed).stream('workload');
  const nameServers = (): string => world.nameServers;
  const topics = plan.topics.map(({ name }) => name);
  const programs: Program[] = [
    ...plan.producers.map(
      (producer) =>
        new ProducerProgram({
          plan: producer,
          nameServers,
          chance: chance.stream(producer.name),
          history,
          topics: () => cluster.topics,
        }),
    ),
    ...plan.groups.flatMap((group) =>
      group.members.map(
        ({ name }) =>
          new ConsumerProgram({ name, group, nameServers, topics, chance: chance.stream(name), history }),
      ),
    ),
  ];
  return new Map(
    programs.map((program) => [program.name, new Member(program, () => world.process(program.name))]),
  );
}

function beginMembers(world: World, plan: RunPlan, members: ReadonlyMap<string, Member>): void {
  for (const { name } of plan.producers) members.get(name)?.start();
  for (const { members: planned } of plan.groups)
    for (const { name, joinsAtMillis, leavesAtMillis } of planned) {
      const member = members.get(name);
      world.clock.setTimer(joinsAtMillis, () => member?.start());
      if (leavesAtMillis !== null) world.clock.setTimer(leavesAtMillis, () => void member?.leave());
    }
}

/** Whoever is still down comes back. */
async function everybodyRuns(
  world: World,
  plan: RunPlan,
  cluster: Cluster,
  members: ReadonlyMap<string, Member>,
): Promise<void> {
  for (const name of plan.nameServers)
    if (!cluster.nameServer(name).isRunning) await cluster.nameServer(name).start();
  for (const member of members.values()) member.start();
  const planned = new Set(plan.topics.map(({ name }) => name));
  while (plan.brokers.some((name) => !cluster.broker(name).isRunning) || cluster.topics.length < planned.size)
    await world.sleep(1000);
}

/** Until every group has consumed everything and said so, or long enough. */
async function drained(world: World, plan: RunPlan, cluster: Cluster, history: History): Promise<void> {
  const { level } = plan;
  const duties = dutiesOf(plan);
  const until = world.time.elapsedMillis + DRAIN_MILLIS_MAX;
  await world.sleep(ROUTES_SETTLE_MILLIS);
  while (world.time.elapsedMillis < until) {
    const soFar = { level, events: history.events, duties, audit: null };
    const isConsumed = neverConsumed(soFar).length === 0;
    if (isConsumed && (await everyOffsetIsCommitted(plan, cluster))) return;
    await world.sleep(DRAIN_CHECK_MILLIS);
  }
}

async function everyOffsetIsCommitted(plan: RunPlan, cluster: Cluster): Promise<boolean> {
  for (const { name, kind } of plan.groups) {
    if (kind === 'broadcast') continue;
    const backlogs = await backlogOf(cluster, plan, name).catch(() => null);
    if (backlogs === null || backlogs.some(({ consumerOffset, maxOffset }) => consumerOffset !== maxOffset))
      return false;
  }
  return true;
}

function dutiesOf({ groups }: RunPlan): GroupDuty[] {
  return groups.map(({ name, kind, tagExpression, members }) => ({
    group: name,
    kind,
    tags: tagsOf(tagExpression),
    members: members.map((member) => member.name),
  }));
}

function tagsOf(expression: GroupPlan['tagExpression']): readonly string[] | null {
  return expression === '*' ? null : expression.split('||').map((tag) => tag.trim());
}
