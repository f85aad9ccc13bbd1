import { eventsOf, idOfBody, queueKey } from '../history/history.ts';
import { type Check, told } from './violation.ts';

/** What was acknowledged stands, in the end, where the acknowledgement said. */
export const acknowledgedIsStored: Check = ({ events, audit }) => {
  const stored = new Map<string, string | null>();
  for (const { queue, messages } of audit.queues)
    for (const { queueOffset, body } of messages)
      stored.set(`${queueKey(queue)}#${queueOffset}`, idOfBody(body));
  const wrong = eventsOf(events, 'sendAcknowledged').flatMap(({ id, queue, queueOffset, at }) => {
    if (queue === null) return [];
    const place = `${queueKey(queue)}#${queueOffset}`;
    const found = stored.get(place);
    if (found === id) return [];
    const instead = found === undefined ? 'nothing is there' : `${found} is there`;
    return [{ what: `${id} was acknowledged at ${place}, ${instead}`, at }];
  });
  return told('acknowledgedIsStored', wrong);
};
