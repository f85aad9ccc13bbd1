import { World, type WorldOptions } from './world.ts';

/** A test that failed in a simulated world: which seed brings it back. The cause is what the test threw. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
  readonly seed: number;
  /** What happened last, oldest first. */
  readonly lastEvents: readonly string[];

  constructor(seed: number, lastEvents: readonly string[], cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`with seed ${seed}: ${reason}\n${lastEvents.slice(-EVENTS_SHOWN).join('\n')}`, { cause });
    this.seed = seed;
    this.lastEvents = lastEvents;
  }
}

const EVENTS_SHOWN = 12;

/**
 * Runs a test in a world of its own: time passes as fast as the machine can compute, and only while the test awaits something. The same
 * seed gives the same run.
 * @throws SimulationError when the body throws, or awaits what never comes
 */
export async function simulate<T>(options: WorldOptions, body: (world: World) => Promise<T>): Promise<T> {
  const world = new World(options);
  try {
    return await world.time.until(body(world));
  } catch (cause) {
    throw new SimulationError(world.seed, world.trace.last(), cause);
  } finally {
    world.release();
  }
}
