import {
  PullMessageResponseHeader,
  type RemotingCommand,
  ResponseCode,
  responseTo,
} from '@centaurmq/protocol';
import type { GetMessageStatus } from '../store/message-store.ts';
import type { PullRefusal } from './decide-pull.ts';

/** What a pull came to; the reset is the broker's own status, not the store's. */
export type PullStatus = GetMessageStatus | 'OFFSET_RESET';

export interface PullOutcome {
  readonly status: PullStatus;
  readonly nextBeginOffset: number;
  readonly minOffset: number;
  readonly maxOffset: number;
}

const MASTER_ID = 0;

/** The response code of a status (Java: composeResponseHeader). */
export function pullResponseCode(status: PullStatus, queueOffset: number): number {
  switch (status) {
    case 'FOUND':
      return ResponseCode.SUCCESS;
    case 'NO_MATCHED_MESSAGE':
    case 'MESSAGE_WAS_REMOVING':
      return ResponseCode.PULL_RETRY_IMMEDIATELY;
    case 'NO_MATCHED_LOGIC_QUEUE':
    case 'NO_MESSAGE_IN_QUEUE':
      return queueOffset === 0 ? ResponseCode.PULL_NOT_FOUND : ResponseCode.PULL_OFFSET_MOVED;
    case 'OFFSET_FOUND_NULL':
    case 'OFFSET_OVERFLOW_ONE':
      return ResponseCode.PULL_NOT_FOUND;
    case 'OFFSET_OVERFLOW_BADLY':
    case 'OFFSET_TOO_SMALL':
    case 'OFFSET_RESET':
      return ResponseCode.PULL_OFFSET_MOVED;
  }
}

/** Every code carries the four offsets: Java's clients read them without looking at the code. */
export function pullResponse(
  request: RemotingCommand,
  code: number,
  outcome: PullOutcome,
  flags: { readonly topicSysFlag: number; readonly groupSysFlag: number },
): RemotingCommand {
  const { nextBeginOffset, minOffset, maxOffset } = outcome;
  const { topicSysFlag, groupSysFlag } = flags;
  return responseTo(request, code, {
    remark: outcome.status,
    extFields: PullMessageResponseHeader.encode({
      suggestWhichBrokerId: MASTER_ID,
      nextBeginOffset,
      minOffset,
      maxOffset,
      topicSysFlag,
      groupSysFlag,
    }),
  });
}

export function refusedPull(request: RemotingCommand, refusal: PullRefusal): RemotingCommand {
  const { code, remark, forbiddenType } = refusal;
  const header = {
    suggestWhichBrokerId: MASTER_ID,
    nextBeginOffset: 0,
    minOffset: 0,
    maxOffset: 0,
    ...(forbiddenType === null ? {} : { forbiddenType }),
  };
  return responseTo(request, code, { remark, extFields: PullMessageResponseHeader.encode(header) });
}
