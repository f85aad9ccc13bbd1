import type { Workload } from '../workload.ts';
import { type SendLoad, cpuColumns, latencyColumns, sendSession, sendsPerSecond } from './send-load.ts';
import { APACHE, BOUND, OURS, rowOf } from './subjects.ts';

const loads = new Map<string, SendLoad>([
  ['32 × 100 B, 4 connections pipelined', { bodyBytes: 100, connections: 4, window: 16, batch: 32 }],
  ['32 × 1 KiB, 4 connections pipelined', { bodyBytes: 1024, connections: 4, window: 16, batch: 32 }],
]);

export const sendBatch: Workload = {
  name: 'send-batch',
  title: 'Batches',
  description:
    'Requests of 32 messages (SEND_BATCH_MESSAGE), acknowledgement level os. Counted are messages.',
  compared: sendsPerSecond,
  higherIsBetter: true,
  details: [...latencyColumns.slice(0, 2), ...cpuColumns],
  ours: [OURS],
  rows: () => [...loads.keys()].map((name) => rowOf(name, [BOUND, OURS, APACHE])),
  open: async (options) => sendSession(options, loads, 'os'),
};
