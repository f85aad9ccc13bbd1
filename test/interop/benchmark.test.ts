// Apache's own benchmark programs, which speak the binary header codec.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { scratchFolder, classpath, JavaProcess } from '@centaurmq/apache-rocketmq';
import { startClusterUnderTest } from './cluster-under-test.ts';
import { consumedMessages, storedMessages } from './queue-offsets.ts';

const messageCount = 200_000;
const queueCount = 4;
const topic = 'ApacheBenchmark';
const consumerGroup = 'apache-benchmark-consumer';
const sendTimeoutMillis = 150_000;
const consumeTimeoutMillis = 60_000;

test(`Apache's benchmark sends ${messageCount} messages without a failure and its consumer receives every one`, async () => {
  await using cluster = await startClusterUnderTest();
  const folder = scratchFolder('benchmark');
  const run = await benchmarkRunner(folder, cluster.nameServerAddress);
  const producer = run('Producer', ['-t', topic, '-q', String(messageCount), '-w', '32', '-s', '128']);
  const consumer = run('Consumer', ['-t', topic, '-g', consumerGroup]);
  try {
    const result = producer.waitForLine((line) => line.includes('[Complete]'), sendTimeoutMillis);
    expect(await result).toMatch(new RegExp(`Send Total: ${messageCount} .*Send Failed: 0 `, 'u'));
    expect(await storedMessages(cluster.brokerAddress, topic, queueCount)).toBe(messageCount);
    await vi.waitFor(
      async () => {
        const consumed = await consumedMessages(cluster.brokerAddress, topic, consumerGroup, queueCount);
        expect(consumed, consumer.output).toBe(messageCount);
      },
      { timeout: consumeTimeoutMillis, interval: 500 },
    );
    expect(await storedMessages(cluster.brokerAddress, `%RETRY%${consumerGroup}`, 1), 'sent back').toBe(0);
  } finally {
    await producer.kill();
    await consumer.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});

async function benchmarkRunner(
  folder: string,
  nameServerAddress: string,
): Promise<(program: string, args: readonly string[]) => JavaProcess> {
  const path = await classpath('servers', ['launcher']);
  const quiet = join(folder, 'logback.xml');
  writeFileSync(quiet, '<configuration><root level="OFF"/></configuration>\n');
  return (program, args) =>
    new JavaProcess({
      name: `benchmark ${program}`,
      classpath: path,
      mainClass: `org.apache.rocketmq.example.benchmark.${program}`,
      args: ['-n', nameServerAddress, ...args],
      heapMegabytes: 384,
      folder: join(folder, program),
      systemProperties: { 'rmq.logback.configurationFile': quiet },
    });
}
