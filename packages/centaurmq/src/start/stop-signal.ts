import type { EventEmitter } from 'node:events';
import { ExitCode } from '../exit-code.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

type SignalSource = Pick<EventEmitter, 'on' | 'off'> & { exit(code: number): never };

export interface StopSignal {
  /** Resolves to the name of the first SIGINT or SIGTERM. */
  readonly asked: Promise<string>;
  /** Signals do what they do without us again. */
  release(): void;
}

/** The first SIGINT or SIGTERM asks to stop, the second ends the process at once. */
export function stopSignal(source: SignalSource): StopSignal {
  const listeners: ((signal: string) => void)[] = [];
  const asked = new Promise<string>((resolve) => {
    let count = 0;
    listeners.push((signal) => {
      count++;
      if (count > 1) source.exit(ExitCode.FAILURE);
      resolve(signal);
    });
  });
  for (const signal of SIGNALS) for (const listener of listeners) source.on(signal, listener);
  return {
    asked,
    release() {
      for (const signal of SIGNALS) for (const listener of listeners) source.off(signal, listener);
    },
  };
}
