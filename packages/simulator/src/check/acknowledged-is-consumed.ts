import { type RecordedRun, eventsOf } from '../history/history.ts';
import { type Check, told } from './violation.ts';

/** Every acknowledged message was consumed by every group that wants its tag; of a broadcasting group, by every member. */
export const acknowledgedIsConsumed: Check = (run) => told('acknowledgedIsConsumed', neverConsumed(run));

/** Acknowledged messages that somebody still has to consume; in the end there must be none. */
export function neverConsumed({
  events,
  duties,
}: Pick<RecordedRun, 'events' | 'duties'>): { readonly what: string; readonly at: number }[] {
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
