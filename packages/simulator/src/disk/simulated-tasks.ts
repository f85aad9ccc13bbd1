import type { BlockingTasks, NativeModule } from '@centaurmq/broker/simulation';
import { inlineBlockingTasks } from '@centaurmq/broker/simulation';
import type { Chance } from '../chance/chance.ts';
import type { ProcessClock } from '../time/virtual-time.ts';

/** How long the disk takes, in virtual milliseconds. */
export interface DiskConditions {
  readonly taskMillisMin: number;
  readonly taskMillisMax: number;
  readonly flushMillisMin: number;
  readonly flushMillisMax: number;
}

export const diskConditionsDefault: DiskConditions = {
  taskMillisMin: 0.1,
  taskMillisMax: 3,
  flushMillisMin: 0.1,
  flushMillisMax: 2,
};

export interface SimulatedTasksOptions {
  readonly native: NativeModule;
  readonly clock: ProcessClock;
  readonly chance: Chance;
  readonly conditions?: Partial<DiskConditions>;
  /** Everything takes so many times as long; asked for each task. */
  readonly slowness: () => number;
}

/** The engine's blocking work: it happens at one instant of virtual time, some time after it was asked for and before it is answered. */
export function simulatedTasks(options: SimulatedTasksOptions): BlockingTasks {
  const { native, clock, chance, slowness } = options;
  const conditions = { ...diskConditionsDefault, ...options.conditions };
  const inline = inlineBlockingTasks(native);
  async function atSomeInstant<T>(min: number, max: number, work: () => Promise<T>): Promise<T> {
    const millis = chance.between(min, max) * slowness();
    const before = chance.between(0, millis);
    await clock.sleep(before);
    try {
      return await work();
    } finally {
      await clock.sleep(millis - before);
    }
  }
  return {
    run: (name, ...args) =>
      atSomeInstant(conditions.taskMillisMin, conditions.taskMillisMax, () => inline.run(name, ...args)),
    flush: (store) =>
      atSomeInstant(conditions.flushMillisMin, conditions.flushMillisMax, () => inline.flush(store)),
    close: () => Promise.resolve(),
  };
}
