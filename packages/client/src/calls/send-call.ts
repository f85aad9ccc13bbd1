import type { RemotingCommand } from '@centaurmq/protocol';
import {
  RequestCode,
  ResponseCode,
  SendMessageRequestHeaderV2,
  SendMessageResponseHeader,
  requestCommand,
} from '@centaurmq/protocol';
import { MqError, MqErrorCode } from '../errors.ts';
import { SendStatus } from '../producer/send-result.ts';
import { responseError } from './call-error.ts';

/** One send as the broker gets it; the header's table has the rest. */
export interface SendRequestParts {
  readonly header: Omit<SendMessageRequestHeaderV2, 'unitMode'>;
  readonly body: Uint8Array;
}

/** What a broker answers to a send that it stored. */
export interface StoredAnswer {
  readonly sendStatus: SendStatus;
  /** One id for each message, in order. */
  readonly offsetMessageIds: readonly string[];
  readonly queueId: number;
  /** Of the first message. */
  readonly queueOffset: number;
  readonly transactionId: string | null;
  readonly recallHandle: string | null;
}

const STATUS_BY_CODE: ReadonlyMap<number, SendStatus> = new Map<number, SendStatus>([
  [ResponseCode.SUCCESS, SendStatus.SEND_OK],
  [ResponseCode.FLUSH_DISK_TIMEOUT, SendStatus.FLUSH_DISK_TIMEOUT],
  [ResponseCode.FLUSH_SLAVE_TIMEOUT, SendStatus.FLUSH_SLAVE_TIMEOUT],
  [ResponseCode.SLAVE_NOT_AVAILABLE, SendStatus.SLAVE_NOT_AVAILABLE],
]);

/** What all sends of a producer to one queue have in common. */
export type CommonSendHeader = Pick<
  SendMessageRequestHeaderV2,
  'producerGroup' | 'topic' | 'defaultTopic' | 'defaultTopicQueueNums' | 'queueId' | 'brokerName'
>;

/** What is left to say with each. */
export interface SendParts {
  readonly properties: string;
  /** Bits of `MessageSysFlag`. */
  readonly sysFlag: number;
  readonly flag: number;
  readonly bornTimestamp: number;
  readonly batch: boolean;
  readonly body: Uint8Array;
}

/** Makes requests for one queue, whose common part is encoded once. */
export function sendRequests(
  common: CommonSendHeader,
): (parts: SendParts, oneway: boolean) => RemotingCommand {
  const encode = SendMessageRequestHeaderV2.prepare({
    ...common,
    reconsumeTimes: 0,
    unitMode: false,
    maxReconsumeTimes: undefined,
  });
  return (parts, oneway) => {
    const code = parts.batch ? RequestCode.SEND_BATCH_MESSAGE : RequestCode.SEND_MESSAGE_V2;
    return requestCommand(code, { extFieldsJson: encode(parts), body: parts.body, oneway });
  };
}

export function sendRequest({ header, body }: SendRequestParts, oneway: boolean): RemotingCommand {
  const code = header.batch === true ? RequestCode.SEND_BATCH_MESSAGE : RequestCode.SEND_MESSAGE_V2;
  const extFields = SendMessageRequestHeaderV2.encode({ ...header, unitMode: false });
  return requestCommand(code, { extFields, body, oneway });
}

/**
 * Reads the answer to a send.
 * @throws MqError RESPONSE_ERROR when the message was not stored, RESPONSE_MALFORMED
 */
export function toStoredAnswer(
  requestCode: number,
  response: RemotingCommand,
  address: string,
): StoredAnswer {
  const sendStatus = STATUS_BY_CODE.get(response.code);
  if (sendStatus === undefined) throw responseError(requestCode, response, address);
  try {
    const header = SendMessageResponseHeader.decode(response.extFields, address);
    return {
      sendStatus,
      offsetMessageIds: header.msgId.split(','),
      queueId: header.queueId,
      queueOffset: header.queueOffset,
      transactionId: header.transactionId ?? null,
      recallHandle: header.recallHandle ?? null,
    };
  } catch (cause) {
    const message = `the answer of ${address} to a send cannot be read: ${String(cause)}`;
    throw new MqError(MqErrorCode.RESPONSE_MALFORMED, message, { address, cause });
  }
}
