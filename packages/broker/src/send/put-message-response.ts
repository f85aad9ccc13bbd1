import { ResponseCode } from '@centaurmq/protocol';
import type { AckOutcome, AppendRefused } from '../store/message-store.ts';

export interface ResponseStatus {
  readonly code: number;
  readonly remark: string | null;
}

/** The response to an append that the store refused (Java: handlePutMessageResult). */
export function refusedResponse(
  refused: AppendRefused,
  topic: string,
  maxMessageSize: number,
): ResponseStatus {
  switch (refused.status) {
    case 'messageIllegal':
    case 'propertiesTooLong':
      return messageIllegal(maxMessageSize, refused.reason);
    case 'diskFull':
    case 'poisoned':
    case 'closed':
      return serviceNotAvailable(refused.reason);
    case 'unknownTopic':
      return {
        code: ResponseCode.TOPIC_NOT_EXIST,
        remark: `topic[${topic}] not exist, apply first please!`,
      };
    case 'segmentUnavailable':
      return {
        code: ResponseCode.SYSTEM_ERROR,
        remark: 'create mapped file failed, server is busy or broken.',
      };
  }
}

export function messageIllegal(maxMessageSize: number, reason: string): ResponseStatus {
  return {
    code: ResponseCode.MESSAGE_ILLEGAL,
    remark: `the message is illegal, maybe msg body or properties length not matched. msg body length limit ${maxMessageSize}B, msg properties length limit 32KB. (${reason})`,
  };
}

/** The response to a message that was appended but did not become safe in time, or never will. */
export function unsafeResponse(
  outcome: Exclude<AckOutcome, 'reached'>,
  poisonReason: string | null,
): ResponseStatus {
  return outcome === 'flushDiskTimeout'
    ? { code: ResponseCode.FLUSH_DISK_TIMEOUT, remark: null }
    : serviceNotAvailable(poisonReason ?? 'a flush to the disk failed');
}

function serviceNotAvailable(reason: string): ResponseStatus {
  return {
    code: ResponseCode.SERVICE_NOT_AVAILABLE,
    remark: `service not available now: ${reason}`,
  };
}
