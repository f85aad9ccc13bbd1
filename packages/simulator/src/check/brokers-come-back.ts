import { eventsOf } from '../history/history.ts';
import { type Check, told } from './violation.ts';

/** A broker starts again after every death, unless its disk keeps it from doing so. */
export const brokersComeBack: Check = ({ events }) =>
  told(
    'brokersComeBack',
    eventsOf(events, 'startFailed')
      .filter(({ diskWasFaulty }) => !diskWasFaulty)
      .map(({ who, reason, at }) => ({ what: `${who} does not start: ${reason}`, at })),
  );
