import {
  QueryConsumerOffsetRequestHeader,
  QueryConsumerOffsetResponseHeader,
  type RemotingCommand,
  ResponseCode,
  UpdateConsumerOffsetRequestHeader,
  responseTo,
} from '@centaurmq/protocol';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { SubscriptionGroupConfig } from '../subscription/subscription-group-config.ts';
import type { TopicConfig } from '../topic/topic-config.ts';
import type { ConsumerOffsetManager } from './consumer-offset-manager.ts';

export interface ConsumerOffsetProcessorOptions {
  readonly config: Pick<BrokerConfig, 'useServerSideResetOffset'>;
  readonly topics: { find(topic: string): TopicConfig | undefined };
  readonly groups: { find(group: string): SubscriptionGroupConfig | undefined };
  readonly offsets: ConsumerOffsetManager;
  readonly store: Pick<MessageStore, 'queueState' | 'isRecent'>;
}

/** Committed offsets: query (14) and update (15), as in Java's ConsumerManageProcessor. */
export class ConsumerOffsetProcessor {
  readonly #options: ConsumerOffsetProcessorOptions;

  constructor(options: ConsumerOffsetProcessorOptions) {
    this.#options = options;
  }

  readonly query = (request: RemotingCommand): RemotingCommand => {
    const { consumerGroup, topic, queueId, setZeroIfNotFound } = QueryConsumerOffsetRequestHeader.decode(
      request.extFields,
    );
    const offset = this.#options.offsets.queryOffset(consumerGroup, topic, queueId);
    if (offset >= 0) return found(request, offset);
    if (setZeroIfNotFound === false) {
      return notFound(request, 'Not found, do not set to zero, maybe this group boot first');
    }
    // A new group starts at the beginning of a queue that is whole and not yet old; elsewhere the client decides.
    const minOffset = this.#options.store.queueState(topic, queueId)?.minOffset ?? 0;
    if (minOffset <= 0 && this.#options.store.isRecent(topic, queueId, 0)) return found(request, 0);
    return notFound(request, 'Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first');
  };

  readonly update = (request: RemotingCommand): RemotingCommand => {
    const { config, topics, groups, offsets } = this.#options;
    const { consumerGroup, topic, queueId, commitOffset } = UpdateConsumerOffsetRequestHeader.decode(
      request.extFields,
    );
    if (groups.find(consumerGroup) === undefined) {
      const remark = `Group ${consumerGroup} not exist!`;
      return responseTo(request, ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, { remark });
    }
    if (topics.find(topic) === undefined) {
      const remark = `Topic ${topic} not exist!`;
      return responseTo(request, ResponseCode.TOPIC_NOT_EXIST, { remark });
    }
    if (config.useServerSideResetOffset && offsets.hasOffsetReset(topic, consumerGroup, queueId)) {
      const remark = 'Offset has been previously reset';
      return responseTo(request, ResponseCode.SUCCESS, { remark });
    }
    offsets.commitOffset(consumerGroup, topic, queueId, commitOffset);
    return responseTo(request, ResponseCode.SUCCESS);
  };
}

function found(request: RemotingCommand, offset: number): RemotingCommand {
  const extFields = QueryConsumerOffsetResponseHeader.encode({ offset });
  return responseTo(request, ResponseCode.SUCCESS, { extFields });
}

function notFound(request: RemotingCommand, remark: string): RemotingCommand {
  return responseTo(request, ResponseCode.QUERY_NOT_FOUND, { remark });
}
