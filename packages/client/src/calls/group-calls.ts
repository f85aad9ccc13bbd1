import {
  GetConsumerListByGroupRequestHeader,
  GetConsumerListByGroupResponseBody,
  RequestCode,
  requestCommand,
} from '@centaurmq/protocol';
import type { CallOptions, RemotingCalls } from './remoting-calls.ts';

/**
 * The client ids of a group, as one broker knows them.
 * @throws MqError, also when the group has no client there
 */
export async function getConsumerListByGroup(
  calls: RemotingCalls,
  address: string,
  consumerGroup: string,
  options: CallOptions,
): Promise<readonly string[]> {
  const extFields = GetConsumerListByGroupRequestHeader.encode({ consumerGroup });
  const request = requestCommand(RequestCode.GET_CONSUMER_LIST_BY_GROUP, { extFields });
  const response = await calls.call(address, request, options);
  return GetConsumerListByGroupResponseBody.decode(response.body).consumerIdList;
}
