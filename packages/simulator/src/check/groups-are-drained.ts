import { queueKey } from '../history/history.ts';
import { type Check, told } from './violation.ts';

/** In the end every group has consumed every queue up to its end; and where a queue begins and ends is where its messages do. */
export const groupsAreDrained: Check = ({ audit }) => {
  const behind = audit.backlogs
    .filter(({ consumerOffset, maxOffset }) => consumerOffset !== maxOffset)
    .map(({ group, queue, consumerOffset, maxOffset }) => ({
      what: `${group} is at ${consumerOffset} of ${queueKey(queue)}, which ends at ${maxOffset}`,
    }));
  const bounds = audit.queues.flatMap(({ queue, minOffset, maxOffset, messages }) => {
    const offsets = messages.map(({ queueOffset }) => queueOffset);
    const isWhole =
      offsets.length === maxOffset - minOffset &&
      offsets.every((offset, index) => offset === minOffset + index);
    if (isWhole) return [];
    return [
      {
        what: `${queueKey(queue)} goes from ${minOffset} to ${maxOffset}, read were ${offsets.length} messages (${offsets.slice(0, 20).join(' ')})`,
      },
    ];
  });
  const failures = audit.failures.map((what) => ({ what }));
  return told('groupsAreDrained', [...behind, ...bounds, ...failures]);
};
