import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const commandLine = fileURLToPath(new URL('../../packages/centaurmq/bin/centaurmq.js', import.meta.url));

/** The built command in a process of its own; killed when it goes out of scope. */
export class CentaurmqProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;
  #output = '';
  #waiting: (() => void)[] = [];

  constructor(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [commandLine, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        for (const wake of this.#waiting.splice(0)) wake();
      });
    this.#ended = once(this.#child, 'close').then(([code, signal]) => {
      for (const wake of this.#waiting.splice(0)) wake();
      return typeof code === 'number' ? code : `ended by ${String(signal)}`;
    }) as Promise<number>;
  }

  /** Everything it wrote, to standard output and standard error. */
  get output(): string {
    return this.#output;
  }

  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** The exit code. */
  get exitCode(): Promise<number> {
    return this.#ended;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The first match in what it writes; fails when it ends without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match !== null) return match;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error(`ended without saying ${String(pattern)}:\n${this.#output}`);
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
