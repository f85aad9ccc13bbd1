import {
  type HistoryEventOf,
  type QueueName,
  type RunSoFar,
  eventsOf,
  idOfBody,
  placeKey,
  queueKey,
} from '../history/history.ts';

/**
 * A message that nobody waits for is on the disk this long after its acknowledgement, however slow a run makes the disk: the background
 * flush comes every half second, and may find another one in flight.
 */
const FLUSHED_WITHIN_MILLIS = 10_000;

type Run = Omit<RunSoFar, 'duties'>;
type Acknowledgement = HistoryEventOf<'sendAcknowledged'>;

/** What of a broker's log was safe at a moment: a queue up to an offset, and whatever was acknowledged before `begunAt`. */
interface SafePart {
  readonly at: number;
  readonly queue: QueueName;
  /** Null: nothing is known of the queue. */
  readonly queueOffset: number | null;
  /** -Infinity: nothing is known of other queues. */
  readonly begunAt: number;
}

/** Messages sent with `WAIT=false` where an acknowledgement else waits for the disk. They outlive every death of a process. */
export function acknowledgedEarly({ level, events }: Run): ReadonlySet<string> {
  if (level === 'os') return new Set();
  const sent = eventsOf(events, 'sendBegan').map(({ message }) => message);
  return new Set(sent.filter(({ waitStoreMessageOk }) => !waitStoreMessageOk).map(({ id }) => id));
}

/**
 * Messages that a power loss may have taken, and when: acknowledged early, gone, and nothing shows that they were on the disk before the
 * loss. A log has one end: what shows it of a message shows it of all that were stored before, and so does a message that is still there.
 */
export function takenByPowerLoss(run: Run): ReadonlyMap<string, number> {
  const early = acknowledgedEarly(run);
  const isThere = survivorsAmong(early, run);
  const begunAt = new Map(eventsOf(run.events, 'sendBegan').map(({ message, at }) => [message.id, at]));
  const gone = eventsOf(run.events, 'sendAcknowledged').filter(
    (send) => early.has(send.id) && !isThere(send),
  );
  if (gone.length === 0) return new Map();
  const safeParts = safePartsOf(run, begunAt, (send) => !early.has(send.id) || isThere(send));
  const deaths = eventsOf(run.events, 'died');
  return new Map(
    gone.flatMap((send) => {
      const losses = lossesOf(send, begunAt.get(send.id) ?? send.at, deaths);
      const lostAt = losses.find((at) => !safeParts.some((part) => part.at <= at && isIn(part, send)));
      return lostAt === undefined ? [] : [[send.id, lostAt] as const];
    }),
  );
}

/** Tells of these messages whether one was ever seen at its place: then it stays there. A delayed one, anywhere on its broker. */
function survivorsAmong(
  ids: ReadonlySet<string>,
  { events, audit }: Run,
): (send: Acknowledgement) => boolean {
  const seen = new Set<string>();
  const note = (queue: QueueName, queueOffset: number, body: string): void => {
    const id = idOfBody(body);
    if (id === null || !ids.has(id)) return;
    seen.add(`${placeKey(queue, queueOffset)} ${id}`).add(`${queue.brokerName} ${id}`);
  };
  for (const { queue, queueOffset, body } of eventsOf(events, 'delivered')) note(queue, queueOffset, body);
  for (const { queue, messages } of audit?.queues ?? [])
    for (const { queueOffset, body } of messages) note(queue, queueOffset, body);
  return ({ id, queue, queueOffset }) =>
    seen.has(`${queueOffset === null ? queue.brokerName : placeKey(queue, queueOffset)} ${id}`);
}

/** What was visible, or acknowledged and has to stay. */
function safePartsOf(
  { events }: Run,
  begunAt: ReadonlyMap<string, number>,
  stays: (send: Acknowledgement) => boolean,
): SafePart[] {
  return events.flatMap((event): SafePart[] => {
    if (event.kind === 'sendAcknowledged')
      return stays(event) ? [{ ...event, begunAt: begunAt.get(event.id) ?? -Infinity }] : [];
    if (event.kind === 'delivered')
      return [{ ...event, begunAt: begunAt.get(idOfBody(event.body) ?? '') ?? -Infinity }];
    if (event.kind === 'endObserved')
      return [{ ...event, queueOffset: event.maxOffset - 1, begunAt: -Infinity }];
    return [];
  });
}

function isIn({ queue, queueOffset, begunAt }: SafePart, send: Acknowledgement): boolean {
  if (queue.brokerName !== send.queue.brokerName) return false;
  if (begunAt > send.at) return true;
  if (queueOffset === null || send.queueOffset === null) return false;
  return queueKey(queue) === queueKey(send.queue) && queueOffset >= send.queueOffset;
}

/**
 * When its broker lost its power with the message perhaps not flushed: the first death after it was stored, which was at some time between
 * its begin and its acknowledgement. If that is the death of the process only, the next start makes safe what it finds.
 */
function lossesOf(
  { queue, at }: Acknowledgement,
  begunAt: number,
  deaths: readonly HistoryEventOf<'died'>[],
): number[] {
  const ofBroker = deaths.filter(({ who }) => who === queue.brokerName);
  const next = ofBroker.find((death) => death.at > at);
  return ofBroker
    .filter((death) => death === next || (death.at >= begunAt && death.at <= at))
    .filter((death) => death.how === 'powerLost' && death.at - at <= FLUSHED_WITHIN_MILLIS)
    .map((death) => death.at);
}
