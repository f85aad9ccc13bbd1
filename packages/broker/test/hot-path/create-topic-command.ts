import {
  CreateTopicRequestHeader,
  type RemotingCommand,
  RequestCode,
  requestCommand,
} from '@centaurmq/protocol';

/** UPDATE_AND_CREATE_TOPIC for a topic of four queues. */
export function createTopicCommand(
  topic: string,
  given: { readonly perm?: number; readonly attributes?: string } = {},
): RemotingCommand {
  return requestCommand(RequestCode.UPDATE_AND_CREATE_TOPIC, {
    extFields: CreateTopicRequestHeader.encode({
      topic,
      defaultTopic: 'TBW102',
      readQueueNums: 4,
      writeQueueNums: 4,
      perm: given.perm ?? 6,
      topicFilterType: 'SINGLE_TAG',
      order: false,
      attributes: given.attributes,
    }),
  });
}
