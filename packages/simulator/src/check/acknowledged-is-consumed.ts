import { type RunSoFar, eventsOf } from '../history/history.ts';
import { takenByPowerLoss } from './early-acknowledgements.ts';
import { type Check, told } from './violation.ts';

/** Every acknowledged message that no power loss may have taken was consumed by every group that wants its tag; of a broadcasting group, by every member. */
export const acknowledgedIsConsumed: Check = (run) => told('acknowledgedIsConsumed', neverConsumed(run));

/** Acknowledged messages that somebody still has to consume; in the end there must be none. */
export function neverConsumed(run: RunSoFar): { readonly what: string; readonly at: number }[] {
  const { events, duties } = run;
  const taken = takenByPowerLoss(run);
  const consumed = new Set(
    eventsOf(events, 'consumed').flatMap(({ group, member, id }) => [
      `${group} ${id}`,
      `${group} ${member} ${id}`,
    ]),
  );
  const sent = new Map(eventsOf(events, 'sendBegan').map(({ message }) => [message.id, message]));
  return eventsOf(events, 'sendAcknowledged').flatMap(({ id, at }) => {
    const message = sent.get(id);
    if (message === undefined) return [{ what: `${id} was acknowledged and never sent`, at }];
    if (taken.has(id)) return [];
    return duties
      .filter(({ tags }) => tags === null || tags.includes(message.tag))
      .flatMap(({ group, kind, members }) =>
        kind === 'broadcast' ? members.map((member) => `${group} ${member}`) : [group],
      )
      .filter((who) => !consumed.has(`${who} ${id}`))
      .map((who) => ({
        what: `${id} (${message.topic}) was acknowledged, and never consumed by ${who}`,
        at,
      }));
  });
}
