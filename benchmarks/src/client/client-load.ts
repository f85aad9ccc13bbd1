// What a program with one client measures, whatever the client: `node NAME-client.js '{"mode":"send",…}'` prints a ClientReport.

/** The same measures as the Java program Throughput. */
export interface ClientLoad {
  /** `fill` sends `warmUpCount + count` messages and measures nothing. */
  readonly mode: 'send' | 'fill' | 'consume';
  /** `127.0.0.1:port` of the server, or of its name server. */
  readonly server: string;
  readonly topic: string;
  readonly group: string;
  readonly bodyBytes: number;
  /** Sends that are awaited at the same time. */
  readonly inFlight: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Messages consumed before the clock starts: the first ones wait for connections, rebalance and the compiler. */
  readonly warmUpCount: number;
  /** Messages whose consumption is measured. */
  readonly count: number;
}

export interface ClientReport {
  readonly perSecond: number;
  readonly failed: number;
}

export interface Sender extends AsyncDisposable {
  /** One message of the load, until the server has acknowledged it. */
  send(): Promise<unknown>;
}

export interface MeasuredClient {
  sender(load: ClientLoad): Promise<Sender>;
  /** Consumes from the first message on, says how many came, and acknowledges them. */
  consumer(load: ClientLoad, received: (count: number) => void): Promise<AsyncDisposable>;
}

type Now = () => number;
const realNow: Now = () => performance.now();

/** Does what the command line says, and prints what was reached. */
export async function runClientProgram(client: MeasuredClient): Promise<void> {
  const load = JSON.parse(process.argv[2] ?? '{}') as ClientLoad;
  process.stdout.write(`${JSON.stringify(await measured(client, load))}\n`);
}

async function measured(client: MeasuredClient, load: ClientLoad): Promise<ClientReport> {
  if (load.mode === 'consume') {
    const consumption = new Consumption(load);
    const consumer = await client.consumer(load, (count) => consumption.received(count));
    const report = await consumption.report;
    await consumer[Symbol.asyncDispose]();
    return report;
  }
  await using sender = await client.sender(load);
  return load.mode === 'send' ? await measureSends(load, sender) : await sendAll(load, sender);
}

/** Keeps `inFlight` sends awaited for the time of the load; counts those acknowledged after the warm-up. */
export async function measureSends(
  { inFlight, warmUpSeconds, seconds }: ClientLoad,
  sender: Pick<Sender, 'send'>,
  now: Now = realNow,
): Promise<ClientReport> {
  let [sent, failed, sentBefore] = [0, 0, -1];
  const measuredFrom = now() + warmUpSeconds * 1000;
  const until = measuredFrom + seconds * 1000;
  const loop = async (): Promise<void> => {
    for (let at = now(); at < until; at = now()) {
      if (sentBefore < 0 && at >= measuredFrom) sentBefore = sent;
      try {
        await sender.send();
        sent += 1;
      } catch {
        failed += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return { perSecond: ((sent - sentBefore) / (now() - measuredFrom)) * 1000, failed };
}

async function sendAll({ inFlight, warmUpCount, count }: ClientLoad, sender: Sender): Promise<ClientReport> {
  let left = warmUpCount + count;
  const loop = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await sender.send();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return { perSecond: 0, failed: 0 };
}

/** Counts from the end of the warm-up until all that is measured was received. */
export class Consumption {
  readonly report: Promise<ClientReport>;
  #finish: (report: ClientReport) => void = () => undefined;
  readonly #load: Pick<ClientLoad, 'warmUpCount' | 'count'>;
  readonly #now: Now;
  #received = 0;
  #measuredFrom: { readonly at: number; readonly received: number } | null = null;

  constructor(load: Pick<ClientLoad, 'warmUpCount' | 'count'>, now: Now = realNow) {
    this.#load = load;
    this.#now = now;
    this.report = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  received(count: number): void {
    const { warmUpCount, count: wanted } = this.#load;
    this.#received += count;
    if (this.#measuredFrom === null) {
      if (this.#received >= warmUpCount) this.#measuredFrom = { at: this.#now(), received: this.#received };
    } else if (this.#received >= warmUpCount + wanted) {
      const { at, received } = this.#measuredFrom;
      this.#finish({ perSecond: ((this.#received - received) / (this.#now() - at)) * 1000, failed: 0 });
    }
  }
}
