import type { History } from '../history/history.ts';
import type { Fault } from '../plan/fault.ts';
import { describeFault } from '../plan/fault.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { SimulatedBroker } from '../world/simulated-broker.ts';
import type { Member } from '../workload/member.ts';
import type { World } from '../world/world.ts';

/** Where the first commit log segment is, and how long it is in a run. */
const SEGMENT_BYTES = 64 * 1024;

export interface FaultInjectorOptions {
  readonly world: World;
  readonly cluster: Cluster;
  readonly members: ReadonlyMap<string, Member>;
  readonly history: History;
}

/** Makes the faults of a plan happen, and ends them. */
export class FaultInjector {
  readonly #options: FaultInjectorOptions;
  /** What has to be undone, and by whom; the healing undoes what is left. */
  readonly #undo = new Set<() => void>();

  constructor(options: FaultInjectorOptions) {
    this.#options = options;
  }

  schedule(faults: readonly Fault[]): void {
    const { world } = this.#options;
    for (const fault of faults) {
      world.clock.setTimer(fault.at, () => {
        world.trace.add('fault', describeFault(fault));
        this.#apply(fault);
      });
    }
  }

  /** Ends all faults but those that end by themselves: who is down comes back. */
  heal(): void {
    for (const undo of this.#undo) undo();
    this.#options.world.network.heal();
  }

  #apply(fault: Fault): void {
    const { world, cluster } = this.#options;
    const { network } = world;
    switch (fault.kind) {
      case 'killBroker':
        return void cluster.down(fault.broker, fault.forMillis, (broker) => broker.kill(), 'killed');
      case 'losePower':
        return void cluster.down(fault.broker, fault.forMillis, (broker) => broker.losePower(), 'powerLost');
      case 'stopBroker':
        return void cluster.down(fault.broker, fault.forMillis, (broker) => stopOrKill(broker), 'stopped');
      case 'killNameServer':
        return this.#killNameServer(fault.nameServer, fault.forMillis);
      case 'killClient':
        return this.#killClient(fault.client, fault.forMillis);
      case 'partition': {
        const [from, to] = [network.host(fault.from), network.host(fault.to)];
        network.block(from, to);
        if (fault.bothWays) network.block(to, from);
        return this.#undoLater(fault.forMillis, () => {
          network.unblock(from, to);
          network.unblock(to, from);
        });
      }
      case 'isolate': {
        const host = network.host(fault.host);
        const others = network.hosts.filter((other) => other !== host);
        for (const other of others) {
          network.block(host, other);
          network.block(other, host);
        }
        return this.#undoLater(fault.forMillis, () => {
          for (const other of others) {
            network.unblock(host, other);
            network.unblock(other, host);
          }
        });
      }
      case 'resetConnections':
        return network.resetConnections(network.host(fault.from), network.host(fault.to));
      case 'slowHost': {
        const host = network.host(fault.host);
        host.slowness = fault.factor;
        return this.#undoLater(fault.forMillis, () => {
          host.slowness = 1;
        });
      }
      case 'slowDisk':
      case 'failSyncs':
      case 'failWrites':
      case 'fullDisk':
      case 'flipBit':
        return this.#harmDisk(fault);
    }
  }

  #harmDisk(
    fault: Extract<
      Fault,
      { readonly kind: 'slowDisk' | 'failSyncs' | 'failWrites' | 'fullDisk' | 'flipBit' }
    >,
  ): void {
    const { cluster } = this.#options;
    const broker = cluster.broker(fault.broker);
    cluster.diskFault(broker.name, 1);
    // A death meanwhile gives the broker another disk, which is whole; only damage is inherited.
    const healed = this.#harm(fault);
    this.#undoLater(fault.forMillis, () => {
      healed();
      cluster.diskFault(broker.name, -1);
    });
  }

  #harm(
    fault: Extract<
      Fault,
      { readonly kind: 'slowDisk' | 'failSyncs' | 'failWrites' | 'fullDisk' | 'flipBit' }
    >,
  ): () => void {
    const broker = this.#options.cluster.broker(fault.broker);
    switch (fault.kind) {
      case 'slowDisk':
        broker.diskSlowness = fault.factor;
        return () => {
          broker.diskSlowness = 1;
        };
      case 'failSyncs':
        broker.disk.failSyncsAfter(fault.afterCount);
        return () => broker.disk.failSyncsAfter(null);
      case 'failWrites':
        broker.disk.failWrites(true);
        return () => broker.disk.failWrites(false);
      case 'fullDisk':
        broker.disk.setCapacity(broker.disk.usedBytes);
        return () => broker.disk.setCapacity(null);
      case 'flipBit': {
        // Behind the checkpoint nobody can tell damage from a write that was torn.
        if (broker.checkpointOffset === 0) return () => undefined;
        const position = Math.floor((broker.checkpointOffset * fault.place) / 1_000_000);
        const segmentStart = position - (position % SEGMENT_BYTES);
        const path = `commitlog/${String(segmentStart).padStart(20, '0')}`;
        const flip = (): boolean => broker.disk.flipBit(path, position - segmentStart, fault.bit);
        // What is whole again is what the operator brought back from a copy.
        return flip() ? () => void flip() : () => undefined;
      }
    }
  }

  #killNameServer(name: string, forMillis: number): void {
    const nameServer = this.#options.cluster.nameServer(name);
    if (!nameServer.isRunning) return;
    nameServer.kill();
    this.#options.history.add({ kind: 'died', who: name, how: 'killed' });
    this.#undoLater(forMillis, () => {
      if (nameServer.isRunning) return;
      void nameServer.start();
      this.#options.history.add({ kind: 'started', who: name });
    });
  }

  #killClient(name: string, forMillis: number): void {
    const member = this.#options.members.get(name);
    if (member === undefined || !member.isRunning) return;
    member.kill();
    this.#options.history.add({ kind: 'died', who: name, how: 'killed' });
    this.#undoLater(forMillis, () => member.start());
  }

  #undoLater(forMillis: number, undo: () => void): void {
    const once = (): void => {
      if (this.#undo.delete(once)) undo();
    };
    this.#undo.add(once);
    this.#options.world.clock.setTimer(forMillis, once);
  }
}

/** A broker whose disk is broken cannot stop in order. */
async function stopOrKill(broker: SimulatedBroker): Promise<void> {
  await broker.stop().catch(() => undefined);
}
