import { createHash } from 'node:crypto';

/** Lines kept for the report of a violation. */
const LINES_KEPT = 400;

export interface TraceOptions {
  /** Called with each line; for comparing two runs, or looking at one. */
  readonly line?: ((text: string) => void) | undefined;
}

/** What happened in a world, line by line. Two runs of a seed have the same digest. */
export class Trace {
  readonly #elapsedMillis: () => number;
  readonly #hash = createHash('sha256');
  readonly #last: string[] = [];
  readonly #line: ((text: string) => void) | undefined;
  #next = 0;

  constructor(elapsedMillis: () => number, options: TraceOptions = {}) {
    this.#elapsedMillis = elapsedMillis;
    this.#line = options.line;
  }

  add(who: string, what: string): void {
    const text = `${this.#elapsedMillis().toFixed(3)} ${who}: ${what}`;
    this.#hash.update(text);
    this.#line?.(text);
    this.#last[this.#next] = text;
    this.#next = (this.#next + 1) % LINES_KEPT;
  }

  /** The newest lines, oldest first. */
  last(count: number = LINES_KEPT): readonly string[] {
    const inOrder = [...this.#last.slice(this.#next), ...this.#last.slice(0, this.#next)];
    return inOrder.slice(-count);
  }

  /** Of all lines so far, 16 hexadecimal digits. */
  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 16);
  }
}
