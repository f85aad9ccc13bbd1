// One Java process: its output by lines, its input, its end. It cannot outlive this process (Launcher.java).
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Sun-internal packages that the servers' memory-mapped files reach into on JDK 16 and newer. */
const moduleArguments = [
  '--add-exports=java.base/sun.nio.ch=ALL-UNNAMED',
  '--add-opens=java.base/java.nio=ALL-UNNAMED',
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
];

export interface JavaProcessOptions {
  readonly name: string;
  readonly classpath: string;
  readonly mainClass: string;
  readonly args: readonly string[];
  readonly heapMegabytes: number;
  /** Holds the process's home folder, logs and crash dumps. */
  readonly folder: string;
  readonly systemProperties?: Readonly<Record<string, string>>;
  /** Our programs read commands from standard input and end with it themselves; others run under Launcher. */
  readonly readsStandardInput?: boolean;
  /** `measured` leaves the compiler and the collector to the JVM, as a server has them; the default starts fast. */
  readonly tuning?: 'quick-start' | 'measured';
  /** Put in front of `java`, to pin the process for instance. */
  readonly command?: readonly string[];
}

export interface JavaExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const keptOutputLines = 200;

export class JavaProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #output: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();
  readonly exited: Promise<JavaExit>;
  #exit: JavaExit | undefined;

  constructor(options: JavaProcessOptions) {
    this.name = options.name;
    mkdirSync(options.folder, { recursive: true });
    const [program, ...before] = [...(options.command ?? []), 'java'];
    this.#child = spawn(program, [...before, ...javaArguments(options)], {
      cwd: options.folder,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ROCKETMQ_HOME: options.folder, NAMESRV_ADDR: '' },
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', (error: NodeJS.ErrnoException) => {
        const hint =
          error.code === 'ENOENT' ? "'java' is not on the PATH; install a JDK, version 11 or newer" : '';
        reject(
          new Error(`interop: cannot start ${options.name}: ${error.message}. ${hint}`, { cause: error }),
        );
      });
      this.#child.once('close', (code, signal) => {
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
    this.exited.catch(() => {});
    this.#child.stdin?.on('error', () => {});
    this.#readLines(this.#child.stdout);
    this.#readLines(this.#child.stderr);
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  /** The last lines of standard output and standard error. */
  get output(): string {
    return this.#output.join('\n');
  }

  onLine(listener: (line: string) => void): void {
    this.#listeners.add(listener);
  }

  writeLine(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Resolves with the first line, past or future, that `accepts`; rejects when the process ends or time is up. */
  async waitForLine(accepts: (line: string) => boolean, timeoutMillis: number): Promise<string> {
    const seen = this.#output.find(accepts);
    if (seen !== undefined) return seen;
    let listener: ((line: string) => void) | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await Promise.race([
        new Promise<string>((resolve) => {
          listener = (line) => {
            if (accepts(line)) resolve(line);
          };
          this.#listeners.add(listener);
        }),
        this.exited.then((exit) => {
          throw new Error(`${this.name} ended early (${JSON.stringify(exit)}):\n${this.output}`);
        }),
        new Promise<never>((_resolve, reject) => {
          timer = setTimeout(() => {
            reject(
              new Error(
                `${this.name}: the awaited line did not come in ${timeoutMillis} ms:\n${this.output}`,
              ),
            );
          }, timeoutMillis);
        }),
      ]);
    } finally {
      if (listener !== undefined) this.#listeners.delete(listener);
      clearTimeout(timer);
    }
  }

  /** Waits for the process to end by itself; kills it and rejects when time is up. */
  async finish(timeoutMillis: number): Promise<JavaExit> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMillis);
    const exit = await this.exited;
    clearTimeout(timer);
    if (exit.signal === 'SIGKILL') {
      throw new Error(`${this.name} was killed after ${timeoutMillis} ms:\n${this.output}`);
    }
    return exit;
  }

  /** SIGTERM, so that shutdown hooks run; SIGKILL when they take longer than `timeoutMillis`. */
  async stop(timeoutMillis = 30_000): Promise<JavaExit> {
    if (this.#exit !== undefined) return this.#exit;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMillis);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  async kill(): Promise<JavaExit> {
    this.#child.kill('SIGKILL');
    return this.exited;
  }

  #readLines(stream: NodeJS.ReadableStream | null): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (line) => {
      this.#output.push(line);
      if (this.#output.length > keptOutputLines) this.#output.shift();
      for (const listener of this.#listeners) listener(line);
    });
  }
}

const quickStartArguments = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

function javaArguments(options: JavaProcessOptions): string[] {
  const properties = {
    'user.home': options.folder,
    'java.io.tmpdir': options.folder,
    'file.encoding': 'UTF-8',
    ...options.systemProperties,
  };
  return [
    `-Xmx${options.heapMegabytes}m`,
    ...(options.tuning === 'measured' ? [`-Xms${options.heapMegabytes}m`] : quickStartArguments),
    ...moduleArguments,
    ...Object.entries(properties).map(([key, value]) => `-D${key}=${value}`),
    '-cp',
    options.classpath,
    ...(options.readsStandardInput === true ? [] : ['Launcher']),
    options.mainClass,
    ...options.args,
  ];
}
