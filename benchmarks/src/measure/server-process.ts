import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';

const READY_WITHIN_MILLIS = 60_000;
const POLL_MILLIS = 5;
const KEPT_OUTPUT_CHARACTERS = 4000;

/** A server of a run, ended with it. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';
  readonly startedAt: number = performance.now();

  constructor(command: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const killWithUs = (): void => void this.#child.kill('SIGKILL');
    process.once('exit', killWithUs);
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', () => {
        process.off('exit', killWithUs);
        resolve();
      });
      this.#child.once('error', (error) => {
        this.#output += error.message;
        resolve();
      });
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT_CHARACTERS);
      });
  }

  get processId(): number {
    return this.#child.pid ?? 0;
  }

  get output(): string {
    return this.#output;
  }

  /** Waits until the port takes connections; milliseconds since the start. */
  async listening(port: number): Promise<number> {
    while (performance.now() - this.startedAt < READY_WITHIN_MILLIS) {
      if (this.#child.exitCode !== null)
        throw new Error(`the server ended with exit code ${this.#child.exitCode}: ${this.#output}`);
      if (await takesConnections(port)) return performance.now() - this.startedAt;
      await setTimeout(POLL_MILLIS);
    }
    throw new Error(
      `the server did not listen on port ${port} in ${READY_WITHIN_MILLIS} ms: ${this.#output}`,
    );
  }

  /** Waits for the output to say so. */
  async printed(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.#child.exitCode !== null || performance.now() - this.startedAt > READY_WITHIN_MILLIS)
        throw new Error(`the server never printed '${text}': ${this.#output}`);
      await setTimeout(POLL_MILLIS);
    }
  }

  async end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    await this.#ended;
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
