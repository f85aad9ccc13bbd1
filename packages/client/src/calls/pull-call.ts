import type { RemotingCommand } from '@centaurmq/protocol';
import {
  PullMessageRequestHeader,
  PullMessageResponseHeader,
  PullSysFlag,
  RequestCode,
  ResponseCode,
  requestCommand,
} from '@centaurmq/protocol';
import type { CallOptions, RemotingCalls } from './remoting-calls.ts';

export type PullStatus = 'FOUND' | 'NO_NEW_MSG' | 'NO_MATCHED_MSG' | 'OFFSET_ILLEGAL';

export interface PullResult {
  readonly status: PullStatus;
  readonly nextBeginOffset: number;
  readonly minOffset: number;
  readonly maxOffset: number;
  /** Id of the broker to pull from next: 0 is the master. */
  readonly suggestWhichBrokerId: number;
  /** To be added to the records' queue offsets (static topics). */
  readonly offsetDelta: number;
  /** Stored records, one after another; only when FOUND. */
  readonly records: Uint8Array;
}

const STATUS_BY_CODE: ReadonlyMap<number, PullStatus> = new Map<number, PullStatus>([
  [ResponseCode.SUCCESS, 'FOUND'],
  [ResponseCode.PULL_NOT_FOUND, 'NO_NEW_MSG'],
  [ResponseCode.PULL_RETRY_IMMEDIATELY, 'NO_MATCHED_MSG'],
  [ResponseCode.PULL_OFFSET_MOVED, 'OFFSET_ILLEGAL'],
]);

const ACCEPTED = [...STATUS_BY_CODE.keys()];

/** Pulls once. Long when the header asks for it: the timeout must be longer than its suspension. */
export async function pullMessage(
  calls: RemotingCalls,
  address: string,
  header: PullMessageRequestHeader & { readonly brokerName: string },
  options: CallOptions,
): Promise<PullResult> {
  const extFields = PullMessageRequestHeader.encode(header);
  extFields['bname'] = header.brokerName;
  const isLite = (header.sysFlag & PullSysFlag.LITE_PULL_MESSAGE) !== 0;
  const code = isLite ? RequestCode.LITE_PULL_MESSAGE : RequestCode.PULL_MESSAGE;
  // Answers for many queues come together: the broker serves the first one's next pull while the others are worked on here.
  const urgent = { ...options, isUrgent: true };
  const response = await calls.call(address, requestCommand(code, { extFields }), urgent, ACCEPTED);
  return toPullResult(response, address);
}

function toPullResult(response: RemotingCommand, address: string): PullResult {
  const { suggestWhichBrokerId, nextBeginOffset, minOffset, maxOffset, offsetDelta } =
    PullMessageResponseHeader.decode(response.extFields, address);
  return {
    status: STATUS_BY_CODE.get(response.code) ?? 'NO_NEW_MSG',
    nextBeginOffset,
    minOffset,
    maxOffset,
    suggestWhichBrokerId,
    offsetDelta: offsetDelta ?? 0,
    records: response.body,
  };
}
