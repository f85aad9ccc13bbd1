import {
  CreateTopicListRequestBody,
  CreateTopicRequestHeader,
  DeleteTopicRequestHeader,
  type RemotingCommand,
  ResponseCode,
  TopicRules,
  topicFilterType,
} from '@centaurmq/protocol';
import { type Logger, type RequestContext, RemotingError } from '@centaurmq/remoting';
import type { ConsumerOffsetManager } from '../offset/consumer-offset-manager.ts';
import type { BrokerStatsManager } from '../statistics/broker-stats-manager.ts';
import { TopicAttributeError, parseTopicAttributes } from '../topic/topic-attributes.ts';
import type { TopicConfigManager } from '../topic/topic-config-manager.ts';
import type { TopicConfig } from '../topic/topic-config.ts';
import { errorResponse, successResponse } from './body-response.ts';

const QUEUE_NUMS_MAX = 65_536;
const PERM_MAX = 15;
const TOPICS_PER_REQUEST_MAX = 10_000;

export interface TopicAdminProcessorOptions {
  readonly topics: TopicConfigManager;
  readonly offsets: Pick<ConsumerOffsetManager, 'cleanOffsetByTopic' | 'whichGroupByTopic'>;
  readonly stats: Pick<BrokerStatsManager, 'topicDeleted'>;
  /** Lets the name servers know, but waits for them only as long as a tool does. */
  readonly announce: () => Promise<void>;
  readonly logger: Logger;
}

/** Creates, changes and deletes topics: 17, 18, 215. */
export class TopicAdminProcessor {
  readonly #options: TopicAdminProcessorOptions;

  constructor(options: TopicAdminProcessorOptions) {
    this.#options = options;
  }

  /** 17 */
  readonly updateAndCreateTopic = async (
    request: RemotingCommand,
    context: RequestContext,
  ): Promise<RemotingCommand> => {
    const header = CreateTopicRequestHeader.decode(request.extFields);
    const topic = {
      topicName: header.topic,
      readQueueNums: header.readQueueNums,
      writeQueueNums: header.writeQueueNums,
      perm: header.perm,
      topicFilterType: topicFilterType(header.topicFilterType),
      topicSysFlag: header.topicSysFlag ?? 0,
      order: header.order,
      attributes: alterations(header.attributes),
    } as const;
    return this.#update(request, context, [topic]);
  };

  /** 18 */
  readonly updateAndCreateTopicList = async (
    request: RemotingCommand,
    context: RequestContext,
  ): Promise<RemotingCommand> => {
    const topics = CreateTopicListRequestBody.decode(request.body).topicConfigList;
    if (topics.length > TOPICS_PER_REQUEST_MAX)
      return errorResponse(
        request,
        ResponseCode.INVALID_PARAMETER,
        `expected at most ${TOPICS_PER_REQUEST_MAX} topics, found ${topics.length}`,
      );
    return this.#update(request, context, topics);
  };

  /** 215: the topic, its queues, and who consumed it how far. */
  readonly deleteTopic = async (
    request: RemotingCommand,
    { connection }: RequestContext,
  ): Promise<RemotingCommand> => {
    const { topics, offsets, stats, announce, logger } = this.#options;
    const { topic } = DeleteTopicRequestHeader.decode(request.extFields);
    if (topic.trim() === '')
      return errorResponse(request, ResponseCode.INVALID_PARAMETER, 'The specified topic is blank.');
    if (topics.isSystemTopic(topic))
      return errorResponse(request, ResponseCode.INVALID_PARAMETER, conflict(topic));
    const retryTopics = [...offsets.whichGroupByTopic(topic)].flatMap((group) => [
      `%RETRY%${group}_${topic}`,
      `%RETRY%${group}+${topic}`,
    ]);
    for (const name of [
      topic,
      ...retryTopics.filter((retryTopic) => topics.find(retryTopic) !== undefined),
    ]) {
      await topics.deleteTopicConfig(name);
      offsets.cleanOffsetByTopic(name);
      stats.topicDeleted(name);
      logger.info({ topic: name, caller: connection.remote }, 'topic deleted');
    }
    await announce();
    return successResponse(request);
  };

  async #update(
    request: RemotingCommand,
    { connection }: RequestContext,
    wanted: readonly TopicConfig[],
  ): Promise<RemotingCommand> {
    const { topics, announce, logger } = this.#options;
    for (const topic of wanted) {
      const refusal = decideTopicRefusal(topic, topics);
      if (refusal !== null) return errorResponse(request, ResponseCode.INVALID_PARAMETER, refusal);
    }
    try {
      await topics.updateTopicConfigs(wanted);
    } catch (error) {
      if (!(error instanceof TopicAttributeError)) throw error;
      return errorResponse(request, ResponseCode.SYSTEM_ERROR, error.message);
    }
    await announce();
    const names = wanted.map((topic) => topic.topicName);
    logger.info({ topics: names, caller: connection.remote }, 'topics set by an administrator');
    return successResponse(request);
  }
}

/** Why a topic may not be set, or null. Numbers are checked, which Java's broker leaves to its tools. */
function decideTopicRefusal(topic: TopicConfig, topics: TopicConfigManager): string | null {
  const { topicName, readQueueNums, writeQueueNums, perm, attributes } = topic;
  const invalid = TopicRules.validateTopic(topicName);
  if (invalid !== null) return invalid;
  if (topics.isSystemTopic(topicName)) return conflict(topicName);
  for (const [name, count] of Object.entries({ readQueueNums, writeQueueNums }))
    if (count < 0 || count > QUEUE_NUMS_MAX)
      return `${name} of topic ${topicName}: expected between 0 and ${QUEUE_NUMS_MAX}, found ${count}`;
  if (perm < 0 || perm > PERM_MAX)
    return `perm of topic ${topicName}: expected between 0 and ${PERM_MAX}, found ${perm}`;
  if (attributes.get('+message.type') === 'MIXED') return 'MIXED message type is not supported.';
  return null;
}

function conflict(topic: string): string {
  return `The topic[${topic}] is conflict with system topic.`;
}

function alterations(text: string | undefined): ReadonlyMap<string, string> {
  try {
    return parseTopicAttributes(text);
  } catch (cause) {
    if (!(cause instanceof TopicAttributeError)) throw cause;
    throw new RemotingError(ResponseCode.SYSTEM_ERROR, cause.message, { cause });
  }
}
