// kill -9 at random moments under load: what was acknowledged is there, whole and in order, and the restart says what it did.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { seededRandom } from '@centaurmq/remoting';
import { describe, expect, test } from 'vitest';
import { scratchFolder, freePort } from '@centaurmq/apache-rocketmq';
import { type ClusterUnderTest, startOurCluster } from '../interop/cluster-under-test.ts';
import { type Acknowledged, parseBody, Writer, type WriterKind } from './load.ts';
import { readQueue } from './stored-messages.ts';

/** `CENTAURMQ_CRASH_ROUNDS=20 pnpm exec vitest run --project crash` is the full measure. */
const rounds = Number(process.env['CENTAURMQ_CRASH_ROUNDS'] ?? 5);
const seed = Number(process.env['CENTAURMQ_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
/** A round takes two or three seconds where nothing else runs. */
const timeout = 60_000 + rounds * 30_000;
const topic = 'Crash';
const writerKinds: readonly WriterKind[] = ['plain', 'plain', 'general', 'batch'];
const loadMillisMin = 50;
const loadMillisMax = 800;
/** Several segments and consume queue files a round. */
const config = { mappedFileSizeCommitLog: 1 << 20, mappedFileSizeConsumeQueue: 20 * 1000 };

type Start = (options?: { readonly signal: AbortSignal }) => Promise<ClusterUnderTest>;

describe.each(['os', 'fsync'])(`kill -9 under load at level %s, CENTAURMQ_SEED=${seed}`, (level) => {
  test(`${rounds} times loses, damages and reorders nothing that was acknowledged`, { timeout }, async () => {
    const random = seededRandom(level === 'os' ? seed : seed + 1);
    const folder = scratchFolder(`crash-${level}`);
    const ports = { nameServerPort: await freePort(), brokerPort: await freePort([-2, 0, 1]) };
    const start: Start = (options) =>
      startOurCluster({
        ...options,
        ...ports,
        storeFolder: join(folder, 'store'),
        config,
        args: [`--flush=${level}`],
      });
    const acknowledged: Acknowledged[] = [];
    try {
      for (let round = 0; round < rounds; round += 1) {
        const loadMillis = loadMillisMin + random.below(loadMillisMax - loadMillisMin);
        await using cluster = await start();
        if (round > 0)
          expect(cluster.output).toMatch(/recovery +not stopped in order by process \d+, \d+ records/u);
        acknowledged.push(...(await loadUntilKilled(cluster, round, loadMillis)));
        // Sometimes the next start does not live either.
        if (random.below(3) === 0) await killDuringStart(start, random.below(150));
        await using again = await start();
        await expectAll(again, acknowledged, `round ${round}, killed after ${loadMillis} ms`);
        await again.kill();
      }
      expect(acknowledged.length, 'the load was no load').toBeGreaterThan(rounds * 20);
      console.info(`${level}: ${acknowledged.length} acknowledged messages outlived ${rounds} kills`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function loadUntilKilled(
  cluster: ClusterUnderTest,
  round: number,
  loadMillis: number,
): Promise<Acknowledged[]> {
  const writers = writerKinds.map(
    (kind, queueId) => new Writer(`round${round}-${kind}${queueId}`, kind, queueId),
  );
  const running = writers.map((writer) => writer.run(cluster.brokerAddress, topic));
  await setTimeout(loadMillis);
  await cluster.kill();
  await Promise.all(running);
  for (const writer of writers) expect(writer.refused).toEqual([]);
  return writers.flatMap((writer) => writer.acknowledged);
}

async function killDuringStart(start: Start, afterMillis: number): Promise<void> {
  const death = new AbortController();
  const started = start({ signal: death.signal }).then(
    (cluster) => cluster[Symbol.asyncDispose](),
    () => false,
  );
  await setTimeout(afterMillis);
  death.abort();
  await started;
}

async function expectAll(
  cluster: ClusterUnderTest,
  acknowledged: readonly Acknowledged[],
  when: string,
): Promise<void> {
  for (const queueId of writerKinds.keys()) {
    const stored = await readQueue(cluster.brokerAddress, topic, queueId, 0);
    const lastNumbers = new Map<string, number>();
    for (const [index, message] of stored.entries()) {
      expect(message.queueOffset, when).toBe(index);
      const body = parseBody(message.body.toString());
      if (body === undefined)
        throw new Error(`${when}: ${topic}/${queueId}/${index} holds a body nobody sent`);
      const last = lastNumbers.get(body.writer) ?? -1;
      if (body.number <= last) {
        throw new Error(
          `${when}: ${topic}/${queueId}/${index}: ${body.writer} sent ${body.number} before ${last}`,
        );
      }
      lastNumbers.set(body.writer, body.number);
    }
    for (const sent of acknowledged.filter((one) => one.queueId === queueId)) {
      const found = stored[sent.queueOffset];
      const place = { body: found?.body.toString(), commitLogOffset: found?.commitLogOffset };
      const expected = { body: sent.body, commitLogOffset: sent.commitLogOffset };
      if (place.body !== expected.body || place.commitLogOffset !== expected.commitLogOffset) {
        expect({ ...place, queueId, queueOffset: sent.queueOffset, when }).toEqual({
          ...expected,
          queueId,
          queueOffset: sent.queueOffset,
          when,
        });
      }
    }
  }
}
