import { eventsOf, idOfBody, placeKey, queueKey } from '../history/history.ts';
import { type Check, told } from './violation.ts';

/** What was visible once at a place of a queue is there for ever: no crash takes it back, no other message takes its place. */
export const staysAsDelivered: Check = ({ events, audit }) => {
  const seen = new Map<string, { readonly id: string | null; readonly at: number }>();
  const wrong: { what: string; at: number }[] = [];
  for (const { at, queue, queueOffset, body } of eventsOf(events, 'delivered')) {
    const place = placeKey(queue, queueOffset);
    const id = idOfBody(body);
    const before = seen.get(place);
    if (before === undefined) seen.set(place, { id, at });
    else if (before.id !== id) wrong.push({ what: `${place} was ${before.id}, later ${id}`, at });
  }
  for (const { queue, minOffset, maxOffset, messages } of audit.queues) {
    const found = new Map(messages.map(({ queueOffset, body }) => [queueOffset, idOfBody(body)]));
    for (const [place, { id, at }] of seen) {
      const [key, offset] = place.split('#');
      if (key !== queueKey(queue) || Number(offset) < minOffset) continue;
      const there = found.get(Number(offset));
      if (there === id) continue;
      const instead = there === undefined ? `nothing is (the queue ends at ${maxOffset})` : `${there} is`;
      wrong.push({ what: `${place} was delivered as ${id}; in the end ${instead} there`, at });
    }
  }
  return told('staysAsDelivered', wrong);
};
