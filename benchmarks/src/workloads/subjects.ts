import { ApacheRocketmq, whyNoApache } from '../peers/apache.ts';
import { centaurmq } from '../peers/centaurmq.ts';
import { nativeBound } from '../peers/native-bound.ts';
import type { Peer } from '../peers/peer.ts';
import type { Row, WorkloadOptions } from '../workload.ts';

export const BOUND = 'native bound';
export const OURS = 'CentaurMQ';
export const APACHE = 'Apache RocketMQ';

/** A row of all those subjects; those with a reason cannot run here. */
export function rowOf(
  name: string,
  wanted: readonly string[],
  reasons: ReadonlyMap<string, () => string | null> = new Map([[APACHE, whyNoApache]]),
): Row {
  const known = wanted.map((subject) => [subject, reasons.get(subject)?.() ?? null] as const);
  return {
    name,
    subjects: known.flatMap(([subject, reason]) => (reason === null ? [subject] : [])),
    absent: Object.fromEntries(
      known.flatMap(([subject, reason]) => (reason === null ? [] : [[subject, reason]])),
    ),
  };
}

/** The peers of a workload by name; `close` ends what they keep between runs. */
export class Peers implements AsyncDisposable {
  readonly #byName: ReadonlyMap<string, Peer>;

  constructor({ cpuProfile }: WorkloadOptions, others: readonly Peer[] = []) {
    const peers = [nativeBound, centaurmq({ cpuProfile }), new ApacheRocketmq(), ...others];
    this.#byName = new Map(peers.map((peer) => [peer.name, peer]));
  }

  named(name: string): Peer {
    const peer = this.#byName.get(name);
    if (peer === undefined) throw new Error(`there is no peer '${name}'`);
    return peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#byName.values()) await peer[Symbol.asyncDispose]();
  }
}

let lastTopic = 0;

/** A name that no run had before. */
export function nextTopic(): string {
  lastTopic += 1;
  return `Bench${process.pid}x${lastTopic}`;
}
