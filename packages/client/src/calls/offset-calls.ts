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
export function getMaxOffset(
  calls: RemotingCalls,
  address: string,
  queue: MessageQueue,
  options: CallOptions,
): Promise<number> {
  const extFields = GetMaxOffsetRequestHeader.encode({ topic: queue.topic, queueId: queue.queueId });
  const question = { code: RequestCode.GET_MAX_OFFSET, extFields, answer: GetMaxOffsetResponseHeader };
  return askForOffset(calls, address, queue, question, options);
}

/** The queue offset of the oldest message that is still kept. */
export function getMinOffset(
  calls: RemotingCalls,
  address: string,
  queue: MessageQueue,
  options: CallOptions,
): Promise<number> {
  const extFields = GetMinOffsetRequestHeader.encode({ topic: queue.topic, queueId: queue.queueId });
  const question = { code: RequestCode.GET_MIN_OFFSET, extFields, answer: GetMinOffsetResponseHeader };
  return askForOffset(calls, address, queue, question, options);
}

/** The queue offset of the first message stored at or after a time (milliseconds since the epoch). */
export function searchOffset(
  calls: RemotingCalls,
  address: string,
  queue: MessageQueue,
  timestamp: number,
  options: CallOptions,
): Promise<number> {
  const { topic, queueId } = queue;
  const extFields = SearchOffsetRequestHeader.encode({ topic, queueId, timestamp, boundaryType: 'LOWER' });
  const code = RequestCode.SEARCH_OFFSET_BY_TIMESTAMP;
  return askForOffset(
    calls,
    address,
    queue,
    { code, extFields, answer: SearchOffsetResponseHeader },
    options,
  );
}

interface OffsetQuestion {
  readonly code: number;
  readonly extFields: Record<string, string>;
  readonly answer: {
    decode(extFields: Readonly<Record<string, string>>, source: string): { readonly offset: number };
  };
}

async function askForOffset(
  calls: RemotingCalls,
  address: string,
  queue: MessageQueue,
  { code, extFields, answer }: OffsetQuestion,
  options: CallOptions,
): Promise<number> {
  const request = requestCommand(code, { extFields: withBrokerName(extFields, queue) });
  const response = await calls.call(address, request, options);
  return answer.decode(response.extFields, address).offset;
}

/** Current official clients say which broker they believe they address; static topics depend on it. */
function withBrokerName(
  extFields: Record<string, string>,
  { brokerName }: MessageQueue,
): Record<string, string> {
  extFields['bname'] = brokerName;
  return extFields;
}
