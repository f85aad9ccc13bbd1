import { type QueueName, type RecordedRun, queueKey } from '../history/history.ts';
import { acknowledgedEarly } from './early-acknowledgements.ts';
import { type Check, told } from './violation.ts';

/** Somebody knew that a queue reached this far. */
interface Sighting {
  readonly queue: QueueName;
  readonly end: number;
  readonly at: number;
}

/** Somebody asked where a queue ends. */
interface Question extends Sighting {
  readonly askedAt: number;
}

/**
 * The end of a queue never goes back behind what was delivered, told, or acknowledged as safe before somebody asked for it. Nobody sees a
 * message that is not safe yet.
 */
export const offsetsOnlyGrow: Check = (run) => {
  const sightings = sightingsIn(run).toSorted((one, other) => one.at - other.at);
  const questions = questionsIn(run).toSorted((one, other) => one.askedAt - other.askedAt);
  const ends = new Map<string, number>();
  const wrong: { readonly what: string; readonly at: number }[] = [];
  let next = 0;
  for (const { queue, end, askedAt, at } of questions) {
    for (let seen = sightings[next]; seen !== undefined && seen.at < askedAt; seen = sightings[++next]) {
      const key = queueKey(seen.queue);
      ends.set(key, Math.max(ends.get(key) ?? 0, seen.end));
    }
    const before = ends.get(queueKey(queue)) ?? 0;
    if (end < before)
      wrong.push({ what: `${queueKey(queue)} reached ${before}, and ended at ${end} later`, at });
  }
  return told('offsetsOnlyGrow', wrong);
};

function sightingsIn(run: RecordedRun): Sighting[] {
  const early = acknowledgedEarly(run);
  return run.events.flatMap((event): Sighting[] => {
    const { at } = event;
    if (event.kind === 'endObserved') return [{ queue: event.queue, end: event.maxOffset, at }];
    if (event.kind !== 'delivered' && event.kind !== 'sendAcknowledged') return [];
    const { queue, queueOffset } = event;
    if (queueOffset === null || (event.kind === 'sendAcknowledged' && early.has(event.id))) return [];
    return [{ queue, end: queueOffset + 1, at }];
  });
}

function questionsIn({ events, audit }: RecordedRun): Question[] {
  const asked = events.flatMap((event): Question[] =>
    event.kind === 'endObserved'
      ? [{ queue: event.queue, end: event.maxOffset, at: event.at, askedAt: event.askedAt }]
      : [],
  );
  const inTheEnd = audit.queues.map(({ queue, maxOffset }) => ({
    queue,
    end: maxOffset,
    at: Infinity,
    askedAt: Infinity,
  }));
  return [...asked, ...inTheEnd];
}
