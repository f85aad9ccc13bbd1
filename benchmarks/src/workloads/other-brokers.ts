import type { ClientLoad } from '../client/client-load.ts';
import { type ClientProgram, runClient } from '../client/run-client.ts';
import { natsJetstream, whyNoNats } from '../peers/nats-jetstream.ts';
import type { Wanted } from '../peers/peer.ts';
import { redisStreams, whyNoRedis } from '../peers/redis-streams.ts';
import type { Workload, WorkloadOptions } from '../workload.ts';
import {
  BODY_BYTES,
  IN_FLIGHT,
  clientLoad,
  fillFor,
  measuredClient,
  perSecond,
  serverCpu,
} from './client-load.ts';
import { OURS, Peers, nextTopic, rowOf } from './subjects.ts';

const NATS = 'NATS JetStream';
const REDIS = 'Redis Streams';

const rows: ReadonlyMap<string, { readonly mode: ClientLoad['mode']; readonly ack: Wanted['ack'] }> = new Map(
  [
    ['awaited sends, os', { mode: 'send', ack: 'os' }],
    ['awaited sends, fsync', { mode: 'send', ack: 'fsync' }],
    ['consumed, os', { mode: 'consume', ack: 'os' }],
  ],
);
const programs: ReadonlyMap<string, ClientProgram> = new Map([
  [OURS, 'centaurmq-client'],
  [NATS, 'nats-client'],
  [REDIS, 'redis-client'],
]);

export const otherBrokers: Workload = {
  name: 'other-brokers',
  title: 'Beside NATS JetStream and Redis Streams, each with its usual client',
  description: `One Node.js process on the load's core, the server on the other; messages of ${BODY_BYTES} B, ${IN_FLIGHT} sends awaited at the same time, a stream or a topic that was filled before is consumed from its beginning and acknowledged by 32. os, the operating system has it before the answer: ASYNC_FLUSH; JetStream's file storage, synced every two minutes; Redis with appendonly, appendfsync everysec. fsync, the disk has it before the answer: SYNC_FLUSH; sync_interval always; appendfsync always.`,
  compared: perSecond,
  higherIsBetter: true,
  details: [serverCpu],
  ours: [OURS],
  rows: ({ natsServer, redisServer }) => {
    const reasons = new Map([
      [NATS, () => whyNoNats(natsServer)],
      [REDIS, () => whyNoRedis(redisServer)],
    ]);
    return [...rows.keys()].map((name) => rowOf(name, [OURS, NATS, REDIS], reasons));
  },
  open: async (options: WorkloadOptions) => {
    const others = [natsJetstream(options.natsServer), redisStreams(options.redisServer)];
    const peers = new Peers(options, others);
    return {
      measure: async (row, subject) => {
        const { mode, ack } = rows.get(row.name) ?? { mode: 'send', ack: 'os' };
        const program = programs.get(subject) ?? 'centaurmq-client';
        const topic = nextTopic();
        await using serving = await peers.named(subject).serve({ ack, topic, topics: 1, queues: 8 });
        const load = clientLoad(mode, serving, topic, options);
        if (mode === 'consume' && subject === OURS) await fillFor(serving, load, options.seed);
        else if (mode === 'consume') await runClient(program, { ...load, mode: 'fill' });
        return await measuredClient(serving, () => runClient(program, load));
      },
      [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
    };
  },
};
