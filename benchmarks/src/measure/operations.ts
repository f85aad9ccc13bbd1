import { Bench } from 'tinybench';
import type { Column, Figures } from '../workload.ts';

/** Something done again and again on one core, one at a time. */
export interface Operation {
  /** That it works on. */
  readonly bytes: number;
  readonly run: () => void;
}

export const operationsPerSecond: Column = {
  figure: 'operationsPerSecond',
  title: 'operations/s',
  format: 'rate',
};

export const operationColumns: readonly Column[] = [
  { figure: 'bytes', title: 'bytes', format: 'count' },
  { figure: 'bytesPerSecond', title: 'MB/s', format: 'megabytes' },
];

const WARM_UP_MILLIS = 100;
/** Of what a run of a server gets: an operation needs no longer. */
const TIME_SHARE = 1 / 4;

export async function measureOperation(
  name: string,
  operations: ReadonlyMap<string, Operation>,
  seconds: number,
): Promise<Figures> {
  const operation = operations.get(name);
  if (operation === undefined) throw new Error(`there is no operation '${name}'`);
  const bench = new Bench({ time: seconds * 1000 * TIME_SHARE, warmupTime: WARM_UP_MILLIS });
  bench.add(name, operation.run);
  const [task] = await bench.run();
  const result = task?.result;
  if (result === undefined || !('latency' in result)) throw new Error(`${name} was not measured`);
  const rate = 1000 / result.latency.p50;
  const { bytes } = operation;
  return { operationsPerSecond: rate, bytes, bytesPerSecond: bytes * rate };
}
