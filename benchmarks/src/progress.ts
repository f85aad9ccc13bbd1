import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  update(done: number, all: number, what: string): void;
  /** Before anything else is printed. */
  clear(): void;
}

/** A bar in a terminal, lines elsewhere. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? bar(stream) : lines(stream);
}

function bar(stream: NodeJS.WriteStream): Progress {
  let shown: SingleBar | null = null;
  return {
    update(done, all, what) {
      if (shown === null) {
        const format = '{bar} {value}/{total} · {eta_formatted} left · {what}';
        shown = new SingleBar({ stream, format, clearOnComplete: true }, Presets.shades_classic);
        shown.start(all, done, { what });
      } else {
        shown.update(done, { what });
      }
    },
    clear() {
      shown?.stop();
      shown = null;
    },
  };
}

function lines(stream: NodeJS.WriteStream): Progress {
  return {
    update: (done, all, what) => void stream.write(`${done + 1}/${all} ${what}\n`),
    clear: () => undefined,
  };
}
