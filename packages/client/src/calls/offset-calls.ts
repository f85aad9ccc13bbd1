import {
  GetMaxOffsetRequestHeader,
  GetMaxOffsetResponseHeader,
  GetMinOffsetRequestHeader,
  GetMinOffsetResponseHeader,
  QueryConsumerOffsetRequestHeader,
  QueryConsumerOffsetResponseHeader,
  RequestCode,
  ResponseCode,
  SearchOffsetRequestHeader,
  SearchOffsetResponseHeader,
  UpdateConsumerOffsetRequestHeader,
  requestCommand,
} from '@centaurmq/protocol';
import type { MessageQueue } from '../message/message-queue.ts';
import type { CallOptions, RemotingCalls } from './remoting-calls.ts';

/** What the broker keeps of a group's progress. */
export interface GroupQueue {
  readonly consumerGroup: string;
  readonly queue: MessageQueue;
}

/** @returns the stored consumer offset, or null when the group has none for this queue */
export async function queryConsumerOffset(
  calls: RemotingCalls,
  address: string,
  { consumerGroup, queue }: GroupQueue,
  options: CallOptions,
): Promise<number | null> {
  const { topic, queueId } = queue;
  const extFields = QueryConsumerOffsetRequestHeader.encode({ consumerGroup, topic, queueId });
  const request = requestCommand(RequestCode.QUERY_CONSUMER_OFFSET, {
    extFields: withBrokerName(extFields, queue),
  });
  const accepted = [ResponseCode.SUCCESS, ResponseCode.QUERY_NOT_FOUND];
  const response = await calls.call(address, request, options, accepted);
  if (response.code === ResponseCode.QUERY_NOT_FOUND) return null;
  return QueryConsumerOffsetResponseHeader.decode(response.extFields, address).offset;
}

/** Commits without an answer: a lost one is made good by the next. */
export async function updateConsumerOffset(
  calls: RemotingCalls,
  address: string,
  { consumerGroup, queue }: GroupQueue,
  commitOffset: number,
  options: CallOptions & { readonly oneway: boolean },
): Promise<void> {
  const { topic, queueId } = queue;
  const extFields = UpdateConsumerOffsetRequestHeader.encode({ consumerGroup, topic, queueId, commitOffset });
  const request = requestCommand(RequestCode.UPDATE_CONSUMER_OFFSET, {
    extFields: withBrokerName(extFields, queue),
    oneway: options.oneway,
  });
  if (options.oneway) await calls.send(address, request, options);
  else await calls.call(address, request, options);
}

/** The queue offset that the next message will have. */
export async function getMaxOffset(
  calls: RemotingCalls,
  address: string,
  queue: MessageQueue,
  options: CallOptions,
): Promise<number> {
  const { topic, queueId } = queue;
  const extFields = withBrokerName(GetMaxOffsetRequestHeader.encode({ topic, queueId }), queue);
  const response = await calls.call(
    address,
    requestCommand(RequestCode.GET_MAX_OFFSET, { extFields }),
    options,
  );
  return GetMaxOffsetResponseHeader.decode(response.extFields, address).offset;
}

/** The queue offset of the oldest message that is still kept. */
export async function getMinOffset(
  calls: RemotingCalls,
  address: string,
  queue: MessageQueue,
  options: CallOptions,
): Promise<number> {
  const { topic, queueId } = queue;
  const extFields = withBrokerName(GetMinOffsetRequestHeader.encode({ topic, queueId }), queue);
  const response = await calls.call(
    address,
    requestCommand(RequestCode.GET_MIN_OFFSET, { extFields }),
    options,
  );
  return GetMinOffsetResponseHeader.decode(response.extFields, address).offset;
}

/** The queue offset of the first message stored at or after a time (milliseconds since the epoch). */
export async function searchOffset(
  calls: RemotingCalls,
  address: string,
  queue: MessageQueue,
  timestamp: number,
  options: CallOptions,
): Promise<number> {
  const { topic, queueId } = queue;
  const extFields = withBrokerName(
    SearchOffsetRequestHeader.encode({ topic, queueId, timestamp, boundaryType: 'LOWER' }),
    queue,
  );
  const request = requestCommand(RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, { extFields });
  const response = await calls.call(address, request, options);
  return SearchOffsetResponseHeader.decode(response.extFields, address).offset;
}

/** Current official clients say which broker they believe they address; static topics depend on it. */
function withBrokerName(
  extFields: Record<string, string>,
  { brokerName }: MessageQueue,
): Record<string, string> {
  extFields['bname'] = brokerName;
  return extFields;
}
