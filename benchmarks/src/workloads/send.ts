import type { Workload } from '../workload.ts';
import { type SendLoad, cpuColumns, latencyColumns, sendSession, sendsPerSecond } from './send-load.ts';
import { APACHE, BOUND, OURS, rowOf } from './subjects.ts';

const pipelined = { 1: 256, 4: 256, 64: 32 } as const;

function load(bodyBytes: number, connections: keyof typeof pipelined): SendLoad {
  return { bodyBytes, connections, window: pipelined[connections] };
}

const quickLoads: readonly (readonly [string, SendLoad])[] = [
  ['100 B, 4 connections pipelined', load(100, 4)],
  ['1 KiB, 4 connections pipelined', load(1024, 4)],
  ['1 KiB, 64 with one in flight', { bodyBytes: 1024, connections: 64, window: 1 }],
];
const loads: readonly (readonly [string, SendLoad])[] = [
  ...quickLoads,
  ['100 B, 1 connection pipelined', load(100, 1)],
  ['100 B, 64 connections pipelined', load(100, 64)],
  ['1 KiB, 1 connection pipelined', load(1024, 1)],
  ['1 KiB, 64 connections pipelined', load(1024, 64)],
  ['4 KiB, 4 connections pipelined', load(4096, 4)],
  ['4 KiB, 64 connections pipelined', load(4096, 64)],
  ['100 B, 64 with one in flight', { bodyBytes: 100, connections: 64, window: 1 }],
  ['1 KiB, one in flight', { bodyBytes: 1024, connections: 1, window: 1 }],
];

export const send: Workload = {
  name: 'send',
  title: 'Sends, acknowledged by the operating system',
  description:
    'Plain sends to one topic with 8 queues, acknowledgement level os (ASYNC_FLUSH). Pipelined: up to 256 requests in flight on a connection, 32 with 64 connections.',
  compared: sendsPerSecond,
  higherIsBetter: true,
  details: [...latencyColumns.slice(0, 2), ...cpuColumns],
  ours: [OURS],
  rows: ({ quick }) => (quick ? quickLoads : loads).map(([name]) => rowOf(name, [BOUND, OURS, APACHE])),
  open: async (options) => sendSession(options, new Map(loads), 'os'),
};
