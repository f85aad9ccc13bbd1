import type { ByteStream, ConnectOptions, Transport } from '@centaurmq/remoting';
import { addressToString } from '@centaurmq/remoting';
import type { Chance } from '../chance/chance.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { Trace } from '../trace/trace.ts';
import { Host } from './host.ts';
import { type NetworkConditions, networkConditionsDefault } from './network-conditions.ts';
import { SimulatedConnection } from './simulated-connection.ts';
import { systemError } from './simulated-stream.ts';
import type { Wire } from './wire.ts';

/** A lost request for a connection is repeated after so long, then after twice that, and so on. */
const CONNECT_RETRY_MILLIS = 1000;
const OWN_ADDRESSES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);

export interface SimulatedNetworkOptions {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly conditions?: Partial<NetworkConditions>;
}

/**
 * A network of hosts in this process. Connections keep their order, packets of different connections overtake each other; hosts can be cut
 * off from each other in one direction or both, slowed down, and connections be reset.
 */
export class SimulatedNetwork {
  readonly #wire: Wire;
  readonly #hosts = new Map<string, Host>();
  readonly #connections = new Set<SimulatedConnection>();
  /** `from>to` by host names. */
  readonly #blocked = new Set<string>();

  constructor({ time, chance, trace, conditions: given = {} }: SimulatedNetworkOptions) {
    const conditions = { ...networkConditionsDefault, ...given };
    this.#wire = {
      time,
      chance,
      trace,
      conditions,
      delayMillis(from, to) {
        const { delayMillisMin, delayMillisMax, spikeProbability, spikeMillisMax } = conditions;
        const max = chance.happens(spikeProbability) ? spikeMillisMax : delayMillisMax;
        return chance.between(delayMillisMin, max) * Math.max(from.slowness, to.slowness);
      },
      isBlocked: (from, to) => !from.hasPower || !to.hasPower || this.#blocked.has(direction(from, to)),
      forget: (connection) => void this.#connections.delete(connection as SimulatedConnection),
    };
  }

  /** The host of this name; new ones get the next address of 10.0.0.0/16. */
  host(name: string): Host {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      const number = this.#hosts.size + 1;
      host = new Host(name, `10.0.${number >> 8}.${number & 255}`);
      this.#hosts.set(name, host);
    }
    return host;
  }

  get hosts(): readonly Host[] {
    return [...this.#hosts.values()];
  }

  /** What a process on this host sees of the network; it ends with the life of the host. */
  transportOf(host: Host): Transport {
    const { life } = host;
    const ended = (): boolean => host.life !== life;
    return {
      listen: async (options) => host.listen(options),
      connect: (options) =>
        new Promise((resolve, reject) => {
          this.#connect(host, options, {
            ended,
            connected: (stream) => {
              if (!ended()) resolve(stream);
            },
            failed: (error) => {
              if (!ended()) reject(error);
            },
          });
        }),
    };
  }

  /** Packets of this direction stay where they are until {@link SimulatedNetwork.unblock}. */
  block(from: Host, to: Host): void {
    this.#wire.trace.add('network', `${from.name} cannot reach ${to.name}`);
    this.#blocked.add(direction(from, to));
  }

  unblock(from: Host, to: Host): void {
    if (!this.#blocked.delete(direction(from, to))) return;
    this.#wire.trace.add('network', `${from.name} can reach ${to.name} again`);
    this.#unblockConnections();
  }

  /** Nobody is cut off or slow any more. */
  heal(): void {
    this.#wire.trace.add('network', 'healed');
    this.#blocked.clear();
    for (const host of this.#hosts.values()) host.slowness = 1;
    this.#unblockConnections();
  }

  resetConnections(one: Host, other: Host): void {
    for (const connection of this.#connections) if (connection.joins(one, other)) connection.reset();
  }

  /** The process on this host is gone. */
  endLife(host: Host, how: 'killed' | 'powerLost'): void {
    this.#wire.trace.add(host.name, how);
    const touched = [...this.#connections].filter((connection) => connection.touches(host));
    for (const connection of touched) connection.processEnded(host, how);
    host.endLife();
    if (how === 'powerLost') host.hasPower = false;
  }

  powerOn(host: Host): void {
    if (host.hasPower) return;
    host.hasPower = true;
    this.#unblockConnections();
  }

  #unblockConnections(): void {
    for (const connection of this.#connections) connection.unblock();
  }

  #connect(from: Host, { address, timeoutMillis, tls }: ConnectOptions, call: ConnectCall): void {
    const { time } = this.#wire;
    const name = addressToString(address);
    const state = { isOver: false };
    const finish = (outcome: () => void): void => {
      if (state.isOver) return;
      state.isOver = true;
      outcome();
    };
    time.after(timeoutMillis, () => finish(() => call.failed(systemError('ETIMEDOUT', 'connect', name))));
    if (tls !== undefined) return call.failed(new Error('the simulated network has no TLS'));
    const to = OWN_ADDRESSES.has(address.host) ? from : this.#hostAt(address.host);
    if (to === undefined) return finish(() => call.failed(systemError('EHOSTUNREACH', 'connect', name)));
    const knock = (waitMillis: number): void => {
      time.after(this.#wire.delayMillis(from, to), () => {
        if (state.isOver || call.ended()) return;
        if (this.#wire.isBlocked(from, to)) {
          time.after(waitMillis, () => knock(2 * waitMillis));
          return;
        }
        const listening = to.listenerAt(address.port);
        if (listening === undefined)
          return this.#answer(to, from, () =>
            finish(() => call.failed(systemError('ECONNREFUSED', 'connect', name))),
          );
        const near = { host: from.address, port: from.ephemeralPort() };
        const connection = new SimulatedConnection(
          this.#wire,
          { client: from, server: to },
          { near, far: { host: to.address, port: address.port } },
        );
        this.#connections.add(connection);
        listening.accepted(connection.server.stream);
        this.#answer(to, from, () => {
          if (state.isOver || call.ended())
            connection.client.stream.destroy(new Error('nobody waits for it'));
          finish(() => call.connected(connection.client.stream));
        });
      });
    };
    knock(CONNECT_RETRY_MILLIS);
  }

  /** What comes back, when it can. */
  #answer(from: Host, to: Host, arrived: () => void): void {
    const { time } = this.#wire;
    const retry = (waitMillis: number): void => {
      time.after(this.#wire.delayMillis(from, to), () => {
        if (!this.#wire.isBlocked(from, to)) return arrived();
        if (waitMillis > this.#wire.conditions.retransmissionTimeoutMillis) return;
        time.after(waitMillis, () => retry(2 * waitMillis));
      });
    };
    retry(CONNECT_RETRY_MILLIS);
  }

  #hostAt(address: string): Host | undefined {
    return this.hosts.find((host) => host.address === address || host.name === address);
  }
}

interface ConnectCall {
  /** The caller's process is gone. */
  ended(): boolean;
  connected(stream: ByteStream): void;
  failed(error: Error): void;
}

function direction(from: Host, to: Host): string {
  return `${from.name}>${to.name}`;
}
