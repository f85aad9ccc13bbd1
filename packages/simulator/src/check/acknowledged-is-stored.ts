import { eventsOf, idOfBody, placeKey } from '../history/history.ts';
import { takenByPowerLoss } from './early-acknowledgements.ts';
import { type Check, told } from './violation.ts';

/** What was acknowledged, and no power loss may have taken, stands in the end where the acknowledgement said. */
export const acknowledgedIsStored: Check = (run) => {
  const { events, audit } = run;
  const taken = takenByPowerLoss(run);
  const stored = new Map<string, string | null>();
  for (const { queue, messages } of audit.queues)
    for (const { queueOffset, body } of messages) stored.set(placeKey(queue, queueOffset), idOfBody(body));
  const wrong = eventsOf(events, 'sendAcknowledged').flatMap(({ id, queue, queueOffset, at }) => {
    if (queueOffset === null || taken.has(id)) return [];
    const place = placeKey(queue, queueOffset);
    const found = stored.get(place);
    if (found === id) return [];
    const instead = found === undefined ? 'nothing is there' : `${found} is there`;
    return [{ what: `${id} was acknowledged at ${place}, ${instead}`, at }];
  });
  return told('acknowledgedIsStored', wrong);
};
