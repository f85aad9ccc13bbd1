import { Chance } from '../chance/chance.ts';
import { drawFaults } from './draw-faults.ts';
import type { AckLevelName, GroupPlan, LanePlan, ProducerPlan, RunPlan, TopicPlan } from './run-plan.ts';

/** Draws a run from its seed. */
export function drawRunPlan(seed: number, level: AckLevelName): RunPlan {
  const chance = new Chance(seed).stream(`plan ${level}`);
  const busyMillis = chance.whole(8000, 30_000);
  const nameServers = named('namesrv', chance.whole(1, 2));
  const brokers = named('broker', chance.whole(1, 2));
  const producers = named('producer', chance.whole(1, 2)).map((name) => drawProducer(chance, name));
  const groups = drawGroups(chance, busyMillis);
  const clients = [...producers, ...groups.flatMap(({ members }) => members)].map(({ name }) => name);
  const cluster = { nameServers, brokers, clients };
  const faults = drawFaults(chance, cluster, level, busyMillis);
  return {
    seed,
    level,
    ...cluster,
    topics: drawTopics(chance, busyMillis),
    producers,
    groups,
    faults,
    busyMillis,
  };
}

function named(what: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${what}-${index}`);
}

function drawTopics(chance: Chance, busyMillis: number): TopicPlan[] {
  const count = chance.whole(1, 3);
  return Array.from({ length: count }, (_, index) => {
    const queueNums = chance.whole(1, 4);
    const at = chance.whole(2000, busyMillis);
    return {
      name: `topic-${index}`,
      queueNums,
      createdAtMillis: index > 0 && chance.happens(0.3) ? chance.whole(1000, busyMillis >> 1) : 0,
      grows: chance.happens(0.3) ? { at, queueNums: queueNums + chance.whole(1, 2) } : null,
    };
  });
}

function drawProducer(chance: Chance, name: string): ProducerPlan {
  const lanes = Array.from({ length: chance.whole(1, 3) }, () => drawLane(chance));
  return { name, lanes, pauseMillisMax: chance.pick([300, 1000, 3000]) };
}

function drawLane(chance: Chance): LanePlan {
  const kinds = ['anyQueue', 'anyQueue', 'oneQueue', 'oneQueue', 'oneway', 'batch', 'delayed'] as const;
  return { kind: chance.pick(kinds), waitStoreMessageOk: !chance.happens(0.3) };
}

function drawGroups(chance: Chance, busyMillis: number): GroupPlan[] {
  const kinds = ['push', 'push', 'broadcast', 'lite'] as const;
  const count = chance.whole(1, 3);
  return Array.from({ length: count }, (_, index) => {
    const kind = index === 0 ? 'push' : chance.pick(kinds);
    const name = `group-${index}`;
    const memberCount = chance.whole(1, 3);
    const members = Array.from({ length: memberCount }, (_, member) => ({
      name: `${name}-member-${member}`,
      joinsAtMillis: member > 0 && chance.happens(0.5) ? chance.whole(0, busyMillis) : 0,
      // The first stays: somebody has to drain the group. Broadcasting members owe everything to themselves.
      leavesAtMillis: member > 0 && kind !== 'broadcast' && chance.happens(0.3) ? busyMillis : null,
    }));
    return {
      name,
      kind,
      tagExpression: chance.happens(0.3) ? 'A || B' : '*',
      members,
      failureProbability: kind === 'push' && chance.happens(0.5) ? 0.1 : 0,
    };
  });
}
