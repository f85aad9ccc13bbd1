import {
  CloneGroupOffsetRequestHeader,
  ConsumerOffsetSerializeWrapper,
  type MessageQueue,
  QueryCorrectionOffsetHeader,
  type RemotingCommand,
  ResetOffsetBody,
  ResetOffsetRequestHeader,
  ResponseCode,
  responseTo,
  writeJson,
} from '@centaurmq/protocol';
import { type Logger, type RequestContext, RemotingError } from '@centaurmq/remoting';
import type { ConsumerManager } from '../client/consumer-manager.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ConsumerOffsetManager } from '../offset/consumer-offset-manager.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { SubscriptionGroupManager } from '../subscription/subscription-group-manager.ts';
import type { TopicConfigManager } from '../topic/topic-config-manager.ts';
import { errorResponse, bodyResponse, successResponse } from './body-response.ts';

/** Java's Long.MAX_VALUE: no number of ours holds it. */
const LONG_MAX = 9_223_372_036_854_775_807n;

export interface OffsetAdminProcessorOptions {
  readonly config: Pick<BrokerConfig, 'brokerName'>;
  readonly topics: Pick<TopicConfigManager, 'find'>;
  readonly groups: Pick<SubscriptionGroupManager, 'find'>;
  readonly consumers: Pick<ConsumerManager, 'getConsumerGroupInfo'>;
  readonly offsets: ConsumerOffsetManager;
  readonly store: Pick<MessageStore, 'minOffset' | 'maxOffset' | 'searchOffset'>;
  readonly logger: Logger;
}

type ResetOffset = ReturnType<typeof ResetOffsetRequestHeader.decode>;

/** Moves offsets of groups on an administrator's behalf: 222, 314, 308, 43. */
export class OffsetAdminProcessor {
  readonly #options: OffsetAdminProcessorOptions;

  constructor(options: OffsetAdminProcessorOptions) {
    this.#options = options;
  }

  /**
   * 222: arms a reset per queue, which the group's next pull of the queue learns of. The consumers need not be online,
   * nor is anything pushed to them (Java: useServerSideResetOffset, its default).
   */
  readonly resetOffset = (request: RemotingCommand, { connection }: RequestContext): RemotingCommand => {
    const { config, topics, groups, offsets, logger } = this.#options;
    const wanted = ResetOffsetRequestHeader.decode(request.extFields);
    const { topic, group } = wanted;
    const found = topics.find(topic);
    if (found === undefined)
      return errorResponse(request, ResponseCode.TOPIC_NOT_EXIST, `Topic ${topic} does not exist`);
    if (groups.find(group) === undefined)
      return errorResponse(
        request,
        ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
        `Group ${group} does not exist`,
      );
    const queueIds =
      wanted.queueId >= 0
        ? [wanted.queueId]
        : Array.from({ length: found.readQueueNums }, (_, queueId) => queueId);
    if (queueIds.length === 0)
      return errorResponse(request, ResponseCode.SYSTEM_ERROR, 'No queues to reset.');
    const targets = queueIds.map((queueId) => [queueId, this.#target(wanted, queueId)] as const);
    const offsetTable = new Map<MessageQueue, number>();
    for (const [queueId, queueOffset] of targets) {
      offsets.assignResetOffset(topic, group, queueId, queueOffset);
      offsetTable.set({ topic, brokerName: config.brokerName, queueId }, queueOffset);
    }
    logger.info({ topic, group, targets, caller: connection.remote }, 'offsets of a group reset');
    return bodyResponse(request, ResetOffsetBody, { offsetTable });
  };

  /** 314 */
  readonly cloneGroupOffset = (request: RemotingCommand): RemotingCommand => {
    const { topics, consumers, offsets } = this.#options;
    const { srcGroup, destGroup, topic, offline } = CloneGroupOffsetRequestHeader.decode(request.extFields);
    const wanted =
      topic === undefined || topic.trim() === '' ? [...offsets.whichTopicByConsumer(srcGroup)] : [topic];
    const subscriptions = consumers.getConsumerGroupInfo(srcGroup)?.subscriptions;
    for (const name of wanted) {
      const unsubscribed = subscriptions !== undefined && subscriptions.size > 0 && !subscriptions.has(name);
      if (topics.find(name) === undefined || (!offline && unsubscribed)) continue;
      offsets.cloneOffset(srcGroup, destGroup, name);
    }
    return successResponse(request);
  };

  /** 308: the least offset of all groups by queue; `Long.MAX_VALUE` where the compared group is behind it. */
  readonly queryCorrectionOffset = (request: RemotingCommand): RemotingCommand => {
    const { offsets } = this.#options;
    const { topic, compareGroup, filterGroups } = QueryCorrectionOffsetHeader.decode(request.extFields);
    const excluded = new Set((filterGroups ?? '').split(','));
    const correctionOffsets = new Map<number, number | bigint>();
    for (const group of offsets.whichGroupByTopic(topic))
      if (!excluded.has(group))
        for (const [queueId, queueOffset] of offsets.queryOffsets(group, topic)) {
          const least = correctionOffsets.get(queueId);
          if (least === undefined || queueOffset < least) correctionOffsets.set(queueId, queueOffset);
        }
    for (const [queueId, queueOffset] of offsets.queryOffsets(compareGroup, topic))
      if ((correctionOffsets.get(queueId) ?? LONG_MAX) > queueOffset)
        correctionOffsets.set(queueId, LONG_MAX);
    return responseTo(request, ResponseCode.SUCCESS, {
      body: Buffer.from(writeJson({ correctionOffsets })),
    });
  };

  /** 43: for slaves. */
  readonly getAllConsumerOffset = (request: RemotingCommand): RemotingCommand =>
    bodyResponse(request, ConsumerOffsetSerializeWrapper, { offsetTable: this.#options.offsets.entries() });

  #target(wanted: ResetOffset, queueId: number): number {
    const { store } = this.#options;
    const { topic, offset, timestamp } = wanted;
    if (wanted.queueId >= 0 && offset !== undefined && offset !== -1) {
      const min = store.minOffset(topic, queueId);
      const max = store.maxOffset(topic, queueId);
      if (offset < min || offset > max + 1)
        throw new RemotingError(
          ResponseCode.SYSTEM_ERROR,
          `Target offset ${offset} not in consume queue range [${min}-${max}]`,
        );
      return offset;
    }
    return timestamp < 0
      ? store.maxOffset(topic, queueId)
      : store.searchOffset(topic, queueId, timestamp, 'lower');
  }
}
