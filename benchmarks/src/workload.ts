/** Figures of one run by name; times in the unit that the name says. */
export type Figures = Readonly<Record<string, number>>;

export interface Run {
  /** From 1. */
  readonly round: number;
  readonly row: string;
  readonly subject: string;
  readonly figures: Figures;
}

/** How a figure is printed. */
export type Format = 'count' | 'rate' | 'micros' | 'millis' | 'megabytes' | 'percent' | 'ratio';

export interface Column {
  readonly figure: string;
  readonly title: string;
  readonly format: Format;
}

/** One line of the table, measured on each of its subjects in each round. */
export interface Row {
  readonly name: string;
  readonly subjects: readonly string[];
  /** Subjects that cannot run on this machine, and why. */
  readonly absent?: Readonly<Record<string, string>>;
}

/** Servers and files that live as long as a workload is measured. */
export interface Session extends AsyncDisposable {
  measure(row: Row, subject: string, round: number): Promise<Figures>;
}

export interface WorkloadOptions {
  readonly quick: boolean;
  /** Measured time of one run, behind the warm-up. */
  readonly seconds: number;
  readonly seed: number;
  /** Writes a V8 CPU profile of our broker. */
  readonly cpuProfile: boolean;
  /** Programs of the other systems: names on the PATH, or paths. */
  readonly natsServer: string;
  readonly redisServer: string;
  /** Printed above the table. */
  readonly notice: (text: string) => void;
}

/** A family of measurements with one table. */
export interface Workload {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** What is measured, and under which conditions. */
  readonly description: string;
  /** The figure that ratios are taken of. */
  readonly compared: Column;
  readonly higherIsBetter: boolean;
  readonly details: readonly Column[];
  /** Subjects whose ratios are printed against the others. */
  readonly ours: readonly string[];
  rows(options: WorkloadOptions): readonly Row[];
  open(options: WorkloadOptions): Promise<Session>;
}

export interface WorkloadResult {
  readonly workload: Omit<Workload, 'rows' | 'open'>;
  readonly rows: readonly Row[];
  readonly runs: readonly Run[];
  readonly notices: readonly string[];
}
