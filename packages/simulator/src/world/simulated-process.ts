import type { ClientEnvironment } from '@centaurmq/client';
import type { Logger, Random, Transport } from '@centaurmq/remoting';
import type { Host } from '../network/host.ts';
import type { SimulatedNetwork } from '../network/simulated-network.ts';
import { ProcessClock, type VirtualTime } from '../time/virtual-time.ts';
import type { Trace } from '../trace/trace.ts';
import type { Chance } from '../chance/chance.ts';

/** How a process ends without being asked. */
export type Death = 'killed' | 'powerLost';

export interface SimulatedProcessOptions {
  readonly host: Host;
  readonly network: SimulatedNetwork;
  readonly time: VirtualTime;
  readonly trace: Trace;
  readonly chance: Chance;
  readonly processId: number;
  /** Files of the host: they outlive its processes. */
  readonly files: Map<string, string>;
}

/** One life of a program on one host. When it ends, its timers never fire, its connections are gone, and what it awaits never comes. */
export class SimulatedProcess {
  readonly name: string;
  readonly host: Host;
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly transport: Transport;
  readonly logger: Logger;
  readonly processId: number;
  readonly #network: SimulatedNetwork;
  readonly #files: Map<string, string>;
  #hasEnded = false;

  constructor({ host, network, time, trace, chance, processId, files }: SimulatedProcessOptions) {
    this.name = host.name;
    this.host = host;
    this.processId = processId;
    this.#network = network;
    this.#files = files;
    network.powerOn(host);
    this.clock = new ProcessClock(time);
    this.random = chance.stream(`${host.name} ${host.life}`);
    this.transport = network.transportOf(host);
    const told =
      (level: string) =>
      (fields: object, message: string): void =>
        trace.add(host.name, `${level} ${message}${reasonIn(fields)}`);
    this.logger = { debug: () => undefined, info: told('info'), warn: told('warn'), error: told('error') };
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What a producer or consumer of this process takes as its `environment`. */
  get environment(): ClientEnvironment {
    const { clock, random, transport, logger, host, processId } = this;
    return {
      clock,
      random,
      transport,
      logger,
      hostAddress: host.address,
      processId,
      holdProcess: () => () => undefined,
      openOffsetFile: (path) => ({
        path,
        read: async () => this.#files.get(path) ?? null,
        write: async (text) => {
          if (!this.#hasEnded) this.#files.set(path, text);
        },
      }),
    };
  }

  /** The process is gone at once. */
  kill(how: Death = 'killed'): void {
    if (this.#hasEnded) return;
    this.ended();
    this.#network.endLife(this.host, how);
  }

  /** It came to its end by itself. */
  ended(): void {
    this.#hasEnded = true;
    this.clock.end();
  }
}

function reasonIn(fields: object): string {
  const cause = 'err' in fields ? fields.err : 'error' in fields ? fields.error : undefined;
  return cause instanceof Error ? ` (${cause.message})` : '';
}
