import type { Clock, Timer } from '@centaurmq/remoting';
// A binary heap of forty lines, widely used and without dependencies; sorting an array on each timer would not do.
import TinyQueue from 'tinyqueue';

/** 2023-11-14T22:13:20Z: when every world begins. */
export const worldBeginsAt = 1_700_000_000_000;

interface Event {
  readonly dueMicros: number;
  readonly sequence: number;
  callback: (() => void) | null;
}

/** More than this in one world means that something goes in circles. */
export const eventsMaxDefault = 5_000_000;

/** A world in which nothing will ever happen again, or too much did. */
export class WorldStoppedError extends Error {
  override readonly name = 'WorldStoppedError';
}

/** The time of one world: it jumps from event to event, and whatever an event makes ready runs before the next. */
export class VirtualTime {
  readonly #events = new TinyQueue<Event>([], inOrder);
  readonly #eventsMax: number;
  /** Whole microseconds: a remainder too small to move a floating-point clock would hold time still. */
  #elapsedMicros = 0;
  #sequence = 0;
  #eventCount = 0;

  constructor(eventsMax: number = eventsMaxDefault) {
    this.#eventsMax = eventsMax;
  }

  /** Milliseconds since the world began, in steps of a microsecond. */
  get elapsedMillis(): number {
    return this.#elapsedMicros / 1000;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  after(delayMillis: number, callback: () => void): Timer {
    const event: Event = {
      dueMicros: this.#elapsedMicros + Math.max(0, Math.ceil(delayMillis * 1000)),
      sequence: this.#sequence++,
      callback,
    };
    this.#events.push(event);
    return {
      cancel() {
        event.callback = null;
      },
    };
  }

  /**
   * Lets time pass until this has settled.
   * @throws WorldStoppedError when it waits for what will never happen
   */
  async until<T>(awaited: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = awaited.finally(() => {
      isSettled = true;
    });
    settled.catch(() => undefined);
    for (;;) {
      await everythingReady();
      // oxlint-disable-next-line typescript/no-unnecessary-condition -- the callback above changes it
      if (isSettled) return settled;
      this.#step();
    }
  }

  #step(): void {
    for (;;) {
      const event = this.#events.pop();
      if (event === undefined)
        throw new WorldStoppedError('no timer is set and nothing is on its way: what is awaited never comes');
      if (event.callback === null) continue;
      this.#eventCount += 1;
      if (this.#eventCount > this.#eventsMax) {
        throw new WorldStoppedError(
          `${this.#eventsMax} events in ${this.elapsedMillis} virtual milliseconds: something goes in circles`,
        );
      }
      this.#elapsedMicros = event.dueMicros;
      event.callback();
      return;
    }
  }
}

function inOrder(one: Event, other: Event): number {
  return one.dueMicros === other.dueMicros ? one.sequence - other.sequence : one.dueMicros - other.dueMicros;
}

/** The immediate queue comes after every microtask, including those that microtasks make. */
function everythingReady(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The clock of one process: its timers end with it. */
export class ProcessClock implements Clock {
  readonly #time: VirtualTime;
  readonly #skewMillis: number;
  #ended = false;

  /** @param skewMillis how far its wall clock is ahead of the world's */
  constructor(time: VirtualTime, skewMillis = 0) {
    this.#time = time;
    this.#skewMillis = skewMillis;
  }

  now(): number {
    return Math.floor(worldBeginsAt + this.#skewMillis + this.#time.elapsedMillis);
  }

  monotonicMillis(): number {
    return this.#time.elapsedMillis;
  }

  setTimer(delayMillis: number, callback: () => void): Timer {
    if (this.#ended) return { cancel: () => undefined };
    return this.#time.after(delayMillis, () => {
      if (!this.#ended) callback();
    });
  }

  sleep(millis: number): Promise<void> {
    return new Promise((resolve) => {
      this.setTimer(millis, resolve);
    });
  }

  /** No timer fires any more, and none can be set. */
  end(): void {
    this.#ended = true;
  }
}
