import { setTimeout } from 'node:timers/promises';
import type { Row, Workload, WorkloadOptions } from '../workload.ts';
import { consumeColumns, fill, measureDrains, measureTail, messagesPerSecond } from './consume-load.ts';
import { REST_MILLIS, cpuColumns } from './send-load.ts';
import { APACHE, BOUND, OURS, Peers, nextTopic, rowOf } from './subjects.ts';

const BODY_BYTES = 1024;
const FAN_OUT_GROUPS = 8;
/** A quarter of a gigabyte: more than a processor keeps in its caches. */
const MESSAGES_MIN = 200_000;

interface Reading {
  readonly measure: typeof measureDrains | typeof measureTail;
  readonly groups: number;
}

const readings = new Map<string, Reading>([
  ['catch-up from memory', { measure: measureDrains, groups: 1 }],
  [`fan-out to ${FAN_OUT_GROUPS} groups`, { measure: measureDrains, groups: FAN_OUT_GROUPS }],
  ['tail, beside a producer', { measure: measureTail, groups: 1 }],
  [`tail to ${FAN_OUT_GROUPS} groups, beside a producer`, { measure: measureTail, groups: FAN_OUT_GROUPS }],
]);

export const consume: Workload = {
  name: 'consume',
  title: 'Consumption',
  description:
    'Pulls of up to 32 messages of 1 KiB, one in flight for each of 8 queues and each group, over 4 connections. Catch-up and fan-out drain what was sent before, which is in memory, again and again for as long as a run lasts, after as long that is not counted; the server rests before. At the tail a producer with 64 sends in flight on each of 4 connections shares the load’s core. Per server core: record bytes by the processor time that the server used; at the tail without what as many sends take alone, measured just before.',
  compared: messagesPerSecond,
  higherIsBetter: true,
  details: [...consumeColumns, ...cpuColumns],
  ours: [OURS],
  rows: () => [...readings.keys()].map((name) => rowOf(name, [BOUND, OURS, APACHE])),
  open: async (options: WorkloadOptions) => {
    const peers = new Peers(options);
    return {
      measure: async (row: Row, subject: string) => {
        const reading = readings.get(row.name);
        if (reading === undefined) throw new Error(`there is no reading '${row.name}'`);
        const topic = nextTopic();
        const { measure, groups } = reading;
        const given = { ...options, bodyBytes: BODY_BYTES, groups };
        await using serving = await peers.named(subject).serve({ ack: 'os', topic, topics: 1, queues: 8 });
        let messages = 0;
        while (messages < MESSAGES_MIN) messages += await fill(serving, topic, given);
        await setTimeout(REST_MILLIS);
        return await measure(serving, topic, given);
      },
      [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
    };
  },
};
