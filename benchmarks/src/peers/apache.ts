import { spawnSync } from 'node:child_process';
import {
  type ApacheBroker,
  type ApacheNameServer,
  startApacheBroker,
  startApacheNameServer,
} from '@centaurmq/apache-rocketmq';
import { generateLoad } from '../measure/load-generator.ts';
import { SERVER_CORE, pinnedTo } from '../measure/pinning.ts';
import { createTopics } from './centaurmq.ts';
import type { Peer, Serving, Wanted } from './peer.ts';

/** Sent before the first run, so that what is measured is compiled code. */
const WARM_UP_SECONDS = 8;

/** Apache RocketMQ 5.3.3 from Maven Central: one broker for all runs, a new topic for each. */
export class ApacheRocketmq implements Peer {
  readonly name = 'Apache RocketMQ';
  #nameServer: ApacheNameServer | null = null;
  readonly #brokers = new Map<Wanted['ack'], ApacheBroker>();

  async serve(wanted: Wanted): Promise<Serving> {
    const broker = await this.#broker(wanted.ack);
    await createTopics(broker.address, wanted);
    return {
      address: broker.address,
      nameServerAddress: this.#nameServer?.address ?? null,
      processIds: [broker.processId],
      storeFolder: broker.storeFolder,
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const broker of this.#brokers.values()) await broker.kill();
    await this.#nameServer?.stop();
  }

  async #broker(ack: Wanted['ack']): Promise<ApacheBroker> {
    const known = this.#brokers.get(ack);
    if (known !== undefined) return known;
    this.#nameServer ??= await startApacheNameServer();
    const broker = await startApacheBroker({
      nameServerAddress: this.#nameServer.address,
      brokerName: `broker-${ack}`,
      measured: true,
      command: pinnedTo(SERVER_CORE),
      config: { flushDiskType: ack === 'fsync' ? 'SYNC_FLUSH' : 'ASYNC_FLUSH' },
    });
    this.#brokers.set(ack, broker);
    await createTopics(broker.address, { ack, topic: 'WarmUp', topics: 1, queues: 8 });
    const load = { address: broker.address, topic: 'WarmUp', connections: 4, window: 16 };
    await generateLoad('send', { ...load, seconds: WARM_UP_SECONDS, 'warm-up-seconds': 0 });
    return broker;
  }
}

let whyNot: string | null | undefined;

/** Null, or why Apache RocketMQ cannot run here. */
export function whyNoApache(): string | null {
  // Asked for each row, and each answer starts three programs.
  if (whyNot === undefined) whyNot = missingTools();
  return whyNot;
}

function missingTools(): string | null {
  const missing = ['java', 'javac', 'mvn'].filter(
    (tool) => spawnSync(tool, ['-version'], { stdio: 'ignore' }).status !== 0,
  );
  return missing.length === 0
    ? null
    : `Apache RocketMQ is not on this machine: ${missing.join(', ')} not found, a JDK 11 or newer and Maven are needed`;
}
