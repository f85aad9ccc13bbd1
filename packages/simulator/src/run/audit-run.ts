import { LitePullConsumer, type MessageExt } from '@centaurmq/client';
import { TopicRules } from '@centaurmq/protocol';
import type { Audit, AuditedQueue, AuditedRoute, GroupBacklog, QueueName } from '../history/history.ts';
import type { RunPlan } from '../plan/run-plan.ts';
import type { World } from '../world/world.ts';
import type { Cluster } from '../cluster/cluster.ts';

const POLL_MILLIS = 2000;
/** Polls without a message after which a queue is taken to hold no more. */
const EMPTY_POLLS_MAX = 15;
const BACKLOG_ATTEMPTS = 5;
const BACKLOG_PAUSE_MILLIS = 10_000;

/** Reads, through public doors, what stands in the queues, how far the groups are, and what the name servers say. */
export async function auditRun(world: World, cluster: Cluster, plan: RunPlan): Promise<Audit> {
  const failures: string[] = [];
  const attempt = async <T>(what: string, otherwise: T, ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      failures.push(`${what}: ${String(error)}`);
      return otherwise;
    }
  };
  const queues: AuditedQueue[] = [];
  for (const topic of cluster.topics)
    queues.push(...(await attempt(`reading ${topic}`, [], () => readTopic(world, cluster, topic))));
  const backlogs: GroupBacklog[] = [];
  for (const { name, kind } of plan.groups)
    if (kind !== 'broadcast')
      backlogs.push(
        ...(await attempt(`the backlog of ${name}`, [], () => settledBacklogOf(world, cluster, plan, name))),
      );
  const routes: AuditedRoute[] = [];
  for (const nameServer of plan.nameServers)
    for (const topic of cluster.topics)
      routes.push(
        await attempt(
          `the route of ${topic}`,
          { nameServer, topic, found: [], expected: ['an answer'] },
          () => routeOf(cluster, plan, nameServer, topic),
        ),
      );
  return { queues, backlogs, routes, failures };
}

/** A message that failed long ago may come again just now: the group gets a while for it. */
async function settledBacklogOf(
  world: World,
  cluster: Cluster,
  plan: RunPlan,
  group: string,
): Promise<GroupBacklog[]> {
  let backlogs = await backlogOf(cluster, plan, group);
  for (let attempt = 1; attempt < BACKLOG_ATTEMPTS; attempt++) {
    if (backlogs.every(({ consumerOffset, maxOffset }) => consumerOffset === maxOffset)) return backlogs;
    await world.sleep(BACKLOG_PAUSE_MILLIS);
    backlogs = await backlogOf(cluster, plan, group);
  }
  return backlogs;
}

/** The backlog of one group over all brokers, its retry topic included. */
export async function backlogOf(cluster: Cluster, plan: RunPlan, group: string): Promise<GroupBacklog[]> {
  const topics = [...cluster.topics, TopicRules.retryTopic(group)];
  return cluster.withAdmin(async (admin) => {
    const all = plan.brokers.flatMap((broker) =>
      topics.map((topic) => admin.broker.consumeStats(cluster.addressOf(broker), group, topic)),
    );
    const stats = await Promise.all(all);
    return stats.flatMap(({ offsetTable }) =>
      [...offsetTable].map(([queue, { consumerOffset, brokerOffset }]) => ({
        group,
        queue,
        consumerOffset,
        maxOffset: brokerOffset,
      })),
    );
  });
}

async function readTopic(world: World, cluster: Cluster, topic: string): Promise<AuditedQueue[]> {
  const stats = await cluster.withAdmin((admin) => admin.examineTopicStats(topic));
  const process = world.process(`auditor of ${topic}`);
  const consumer = new LitePullConsumer({
    group: 'auditors',
    nameServers: world.nameServers,
    environment: process.environment,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    autoCommit: false,
  });
  const queues = [...stats.offsetTable.keys()];
  await consumer.assign(queues);
  await consumer.start();
  const read = new Map(queues.map((queue) => [placeOf(queue), [] as MessageExt[]]));
  let missing = [...stats.offsetTable.values()].reduce(
    (sum, { minOffset, maxOffset }) => sum + maxOffset - minOffset,
    0,
  );
  for (let empty = 0; missing > 0 && empty < EMPTY_POLLS_MAX;) {
    const messages = await consumer.poll({ timeoutMillis: POLL_MILLIS });
    empty = messages.length === 0 ? empty + 1 : 0;
    missing -= messages.length;
    for (const message of messages) read.get(placeOf(message))?.push(message);
  }
  await consumer.close();
  process.kill();
  return [...stats.offsetTable].map(([queue, { minOffset, maxOffset }]) => ({
    queue,
    minOffset,
    maxOffset,
    messages: (read.get(placeOf(queue)) ?? []).map(({ queueOffset, body }) => ({
      queueOffset,
      body: Buffer.from(body).toString(),
    })),
  }));
}

function placeOf({ brokerName, queueId }: Pick<QueueName, 'brokerName' | 'queueId'>): string {
  return `${brokerName} ${queueId}`;
}

async function routeOf(
  cluster: Cluster,
  plan: RunPlan,
  nameServer: string,
  topic: string,
): Promise<AuditedRoute> {
  const { address } = cluster.nameServer(nameServer);
  const route = await cluster.withAdmin((admin) => admin.examineTopicRouteInfo(topic), address);
  const found = route.queueDatas.map(
    ({ brokerName, writeQueueNums }) => `${brokerName}: ${writeQueueNums} queues`,
  );
  const queueNums = cluster.topicQueueNums.get(topic) ?? 0;
  const expected = plan.brokers.map((broker) => `${broker}: ${queueNums} queues`);
  return { nameServer, topic, found: found.toSorted(), expected: expected.toSorted() };
}
