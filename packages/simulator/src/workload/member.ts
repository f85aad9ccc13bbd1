import type { SimulatedProcess } from '../world/simulated-process.ts';

/** A program of the workload: it begins in a process of its own, dies with it, and can begin again in another one. */
export interface Program {
  readonly name: string;
  /** Runs until it is told to stop or its process dies; `life` counts from 0. */
  run(process: SimulatedProcess, life: number): void;
  /** Ends in order. */
  stop(): Promise<void>;
}

/** Keeps one program in its lives. */
export class Member {
  readonly name: string;
  readonly #program: Program;
  readonly #newProcess: () => SimulatedProcess;
  #process: SimulatedProcess | null = null;
  #lives = 0;
  #hasLeft = false;

  constructor(program: Program, newProcess: () => SimulatedProcess) {
    this.name = program.name;
    this.#program = program;
    this.#newProcess = newProcess;
  }

  get isRunning(): boolean {
    return this.#process !== null;
  }

  /** It was asked to leave: it does not come back. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  start(): void {
    if (this.#process !== null || this.#hasLeft) return;
    this.#process = this.#newProcess();
    this.#program.run(this.#process, this.#lives);
    this.#lives += 1;
  }

  kill(): void {
    this.#process?.kill();
    this.#process = null;
  }

  async leave(): Promise<void> {
    this.#hasLeft = true;
    const process = this.#process;
    if (process === null) return;
    await this.#program.stop();
    process.kill();
    this.#process = null;
  }
}
