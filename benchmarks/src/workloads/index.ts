import type { Workload } from '../workload.ts';
import { latency } from './latency.ts';
import { send } from './send.ts';
import { sendBatch } from './send-batch.ts';
import { sendFsync } from './send-fsync.ts';
import { topics } from './topics.ts';

/** In the order in which they run. */
export const workloads: readonly Workload[] = [send, sendBatch, sendFsync, latency, topics];
