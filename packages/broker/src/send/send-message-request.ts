import {
  type RemotingCommand,
  RequestCode,
  SendMessageRequestHeader,
  SendMessageRequestHeaderV2,
} from '@centaurmq/protocol';

/** A send, whichever of the two header forms brought it. */
export interface SendMessageRequest {
  readonly producerGroup: string;
  readonly topic: string;
  readonly defaultTopic: string;
  readonly defaultTopicQueueNums: number;
  readonly queueId: number;
  readonly sysFlag: number;
  readonly bornTimestamp: number;
  readonly flag: number;
  readonly properties: string | undefined;
  readonly reconsumeTimes: number;
  readonly unitMode: boolean;
  readonly batch: boolean;
  readonly maxReconsumeTimes: number | null;
}

/** @throws HeaderError when a field is missing or is not what it should be */
export function decodeSendMessageRequest(request: RemotingCommand): SendMessageRequest {
  const header =
    request.code === RequestCode.SEND_MESSAGE
      ? SendMessageRequestHeader.decode(request.extFields)
      : SendMessageRequestHeaderV2.decode(request.extFields);
  return {
    ...header,
    properties: header.properties,
    reconsumeTimes: header.reconsumeTimes ?? 0,
    unitMode: header.unitMode ?? false,
    batch: header.batch ?? false,
    maxReconsumeTimes: header.maxReconsumeTimes ?? null,
  };
}
