import type { Workload } from '../workload.ts';
import { boundary } from './boundary.ts';
import { client } from './client.ts';
import { codec } from './codec.ts';
import { coldCatchUp } from './cold-catch-up.ts';
import { consume } from './consume.ts';
import { deliver } from './deliver.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { otherBrokers } from './other-brokers.ts';
import { send } from './send.ts';
import { sendBatch } from './send-batch.ts';
import { sendFsync } from './send-fsync.ts';
import { startUp } from './start-up.ts';
import { topics } from './topics.ts';

/** In the order in which they run. */
export const workloads: readonly Workload[] = [
  send,
  sendBatch,
  sendFsync,
  latency,
  consume,
  coldCatchUp,
  topics,
  deliver,
  startUp,
  memory,
  client,
  otherBrokers,
  codec,
  boundary,
];
