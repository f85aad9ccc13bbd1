import { ApacheRocketmq, whyNoApache } from '../peers/apache.ts';
import { centaurmq } from '../peers/centaurmq.ts';
import { nativeBound } from '../peers/native-bound.ts';
import type { Peer } from '../peers/peer.ts';
import type { WorkloadOptions } from '../workload.ts';

export const BOUND = 'native bound';
export const OURS = 'CentaurMQ';
export const APACHE = 'Apache RocketMQ';

/** The names that can run here. */
export function availableSubjects(wanted: readonly string[]): readonly string[] {
  return wanted.filter((name) => name !== APACHE || whyNoApache() === null);
}

/** The peers of a workload by name; `close` ends what they keep between runs. */
export class Peers implements AsyncDisposable {
  readonly #byName: ReadonlyMap<string, Peer>;

  constructor({ cpuProfile, notice }: WorkloadOptions) {
    const reason = whyNoApache();
    if (reason !== null) notice(reason);
    const peers: readonly Peer[] = [nativeBound, centaurmq({ cpuProfile }), new ApacheRocketmq()];
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
