import { startApacheBroker, startApacheNameServer } from '@centaurmq/apache-rocketmq';
import { setTimeout } from 'node:timers/promises';
import { SERVER_CORE, pinnedTo } from '../measure/pinning.ts';
import { anonymousBytesOf, residentBytesOf } from '../measure/process-usage.ts';
import { centaurmq, createTopics } from '../peers/centaurmq.ts';
import type { Serving } from '../peers/peer.ts';
import type { Column, Figures, Workload, WorkloadOptions } from '../workload.ts';
import { measureSends } from './send-load.ts';
import { APACHE, OURS, nextTopic, rowOf } from './subjects.ts';

const SETTLE_MILLIS = 2000;
const IDLE = 'idle, all roles';
const LOADED = 'under load';

const anonymous: Column = { figure: 'anonymousBytes', title: 'MB without mapped files', format: 'megabytes' };

export const memory: Workload = {
  name: 'memory',
  title: 'Memory',
  description:
    "Resident memory of all server processes: ours is one, Apache RocketMQ's are two (name server and broker, 1 GB of heap allowed). Under load: after sends of 1 KiB over 64 connections.",
  compared: anonymous,
  higherIsBetter: false,
  details: [{ figure: 'residentBytes', title: 'MB with mapped files', format: 'megabytes' }],
  ours: [OURS],
  rows: () => [IDLE, LOADED].map((name) => rowOf(name, [OURS, APACHE])),
  open: async (options: WorkloadOptions) => ({
    measure: async (row, subject) => {
      const topic = nextTopic();
      await using serving = await (subject === OURS ? ours(topic) : apache(topic));
      if (row.name === LOADED)
        await measureSends(serving, topic, { bodyBytes: 1024, connections: 64, window: 32 }, options);
      await setTimeout(SETTLE_MILLIS);
      return usage(serving.processIds);
    },
    [Symbol.asyncDispose]: async () => undefined,
  }),
};

function ours(topic: string): Promise<Serving> {
  return centaurmq({ cpuProfile: false }).serve({ ack: 'os', topic, topics: 1, queues: 8 });
}

async function apache(topic: string): Promise<Serving> {
  const nameServer = await startApacheNameServer();
  const broker = await startApacheBroker({
    nameServerAddress: nameServer.address,
    measured: true,
    command: pinnedTo(SERVER_CORE),
  });
  await createTopics(broker.address, { ack: 'os', topic, topics: 1, queues: 8 });
  return {
    address: broker.address,
    nameServerAddress: nameServer.address,
    processIds: [nameServer.processId, broker.processId],
    storeFolder: broker.storeFolder,
    [Symbol.asyncDispose]: async () => {
      await broker.kill();
      await nameServer.stop();
    },
  };
}

function usage(processIds: readonly number[]): Figures {
  const sum = (of: (processId: number) => number): number =>
    processIds.reduce((total, processId) => total + of(processId), 0);
  return { anonymousBytes: sum(anonymousBytesOf), residentBytes: sum(residentBytesOf) };
}
