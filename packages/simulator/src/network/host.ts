import type { Listener, ListenOptions } from '@centaurmq/remoting';

/** A machine on the simulated network: an address, and what listens there. */
export class Host {
  readonly name: string;
  /** IPv4. */
  readonly address: string;
  readonly #listening = new Map<number, ListenOptions>();
  #lastPort = 49_152;
  #life = 0;
  /** Packets from and to it take so many times as long. */
  slowness = 1;
  hasPower = true;

  constructor(name: string, address: string) {
    this.name = name;
    this.address = address;
  }

  /** Counts the processes that ran here. */
  get life(): number {
    return this.#life;
  }

  listenerAt(port: number): ListenOptions | undefined {
    return this.#listening.get(port);
  }

  /** @throws Error EADDRINUSE */
  listen(options: ListenOptions): Listener {
    const port = options.port === 0 ? this.ephemeralPort() : options.port;
    if (this.#listening.has(port)) {
      const message = `listen EADDRINUSE: address already in use ${this.address}:${port}`;
      throw Object.assign(new Error(message), { code: 'EADDRINUSE' });
    }
    this.#listening.set(port, options);
    return {
      address: { host: options.host, port },
      close: () => {
        if (this.#listening.get(port) === options) this.#listening.delete(port);
        return Promise.resolve();
      },
    };
  }

  ephemeralPort(): number {
    this.#lastPort += 1;
    return this.#lastPort;
  }

  /** The process here is gone, and what it listened on. */
  endLife(): void {
    this.#life += 1;
    this.#listening.clear();
  }
}
