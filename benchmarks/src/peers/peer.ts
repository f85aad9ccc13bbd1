/** What a run asks of a server. */
export interface Wanted {
  /** What an acknowledgement means. */
  readonly ack: 'os' | 'fsync';
  /** Begins the topics' names; different for each run. */
  readonly topic: string;
  readonly topics: number;
  readonly queues: number;
}

/** A server with the wanted topics. */
export interface Serving extends AsyncDisposable {
  /** `127.0.0.1:port` of the broker. */
  readonly address: string;
  /** `127.0.0.1:port`; null when there is none. */
  readonly nameServerAddress: string | null;
  readonly processIds: readonly number[];
  /** The store's directory. */
  readonly storeFolder: string;
}

/** A kind of server that others are measured against, or that is measured. */
export interface Peer extends AsyncDisposable {
  readonly name: string;
  /** A server for one run; what it wrote is removed with it. */
  serve(wanted: Wanted): Promise<Serving>;
}
