import {
  GetAllTopicConfigRequestHeader,
  GetTopicConfigRequestHeader,
  GetTopicStatsInfoRequestHeader,
  QueryTopicConsumeByWhoRequestHeader,
  GroupList,
  type MessageQueue,
  type RemotingCommand,
  ResponseCode,
  TopicConfig,
  TopicConfigAndMappingSerializeWrapper,
  TopicList,
  type TopicOffset,
  TopicStatsTable,
  wrapTopicConfigs,
} from '@centaurmq/protocol';
import type { ConsumerManager } from '../client/consumer-manager.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ConsumerOffsetManager } from '../offset/consumer-offset-manager.ts';
import type { BrokerStatsManager } from '../statistics/broker-stats-manager.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { TopicConfigManager } from '../topic/topic-config-manager.ts';
import { errorResponse, bodyResponse } from './body-response.ts';
import { decidePage } from './table-page.ts';

export interface TopicQueryProcessorOptions {
  readonly config: Pick<BrokerConfig, 'brokerName'>;
  readonly topics: TopicConfigManager;
  readonly store: Pick<MessageStore, 'queueState'>;
  readonly consumers: Pick<ConsumerManager, 'queryTopicConsumeByWho'>;
  readonly offsets: Pick<ConsumerOffsetManager, 'whichGroupByTopic'>;
  readonly stats: Pick<BrokerStatsManager, 'topicPutTps'>;
}

/** Tells about topics: 21, 351, 202, 305, 300. */
export class TopicQueryProcessor {
  readonly #options: TopicQueryProcessorOptions;

  constructor(options: TopicQueryProcessorOptions) {
    this.#options = options;
  }

  /** 21: all, or a page. */
  readonly getAllTopicConfig = (request: RemotingCommand): RemotingCommand => {
    const { topics } = this.#options;
    const header = GetAllTopicConfigRequestHeader.decode(request.extFields);
    const page = decidePage(topics.topics, topics.dataVersion, {
      startIndex: header.topicSeq,
      dataVersion: header.dataVersion,
      countMax: header.maxTopicNum,
    });
    const body = wrapTopicConfigs(new Map(page), topics.dataVersion);
    const extFields = { totalTopicNum: String(topics.topics.size) };
    return bodyResponse(request, TopicConfigAndMappingSerializeWrapper, body, extFields);
  };

  /** 351: any answer but success or 17 stops official tools. */
  readonly getTopicConfig = (request: RemotingCommand): RemotingCommand => {
    const { topic } = GetTopicConfigRequestHeader.decode(request.extFields);
    const found = this.#options.topics.find(topic);
    if (found === undefined)
      return errorResponse(request, ResponseCode.TOPIC_NOT_EXIST, `No topic in this broker. topic: ${topic}`);
    return bodyResponse(request, TopicConfig, found);
  };

  /** 202 */
  readonly getTopicStatsInfo = (request: RemotingCommand): RemotingCommand => {
    const { topics, store, stats, config } = this.#options;
    const { topic } = GetTopicStatsInfoRequestHeader.decode(request.extFields);
    const found = topics.find(topic);
    if (found === undefined)
      return errorResponse(request, ResponseCode.TOPIC_NOT_EXIST, `topic[${topic}] not exist`);
    const offsetTable = new Map<MessageQueue, TopicOffset>();
    const queueCount = Math.max(found.readQueueNums, found.writeQueueNums);
    for (let queueId = 0; queueId < queueCount; queueId++) {
      const state = store.queueState(topic, queueId);
      offsetTable.set(
        { topic, brokerName: config.brokerName, queueId },
        {
          minOffset: state?.minOffset ?? 0,
          maxOffset: state?.maxOffset ?? 0,
          lastUpdateTimestamp: Math.max(0, state?.lastStoreTimestamp ?? 0),
        },
      );
    }
    return bodyResponse(request, TopicStatsTable, { offsetTable, topicPutTps: stats.topicPutTps(topic) });
  };

  /** 305 */
  readonly getSystemTopicListFromBroker = (request: RemotingCommand): RemotingCommand =>
    bodyResponse(request, TopicList, { topicList: [...this.#options.topics.systemTopicNames] });

  /** 300: groups that are online with the topic, and those that ever committed an offset of it. */
  readonly queryTopicConsumeByWho = (request: RemotingCommand): RemotingCommand => {
    const { consumers, offsets } = this.#options;
    const { topic } = QueryTopicConsumeByWhoRequestHeader.decode(request.extFields);
    const groups = new Set([...consumers.queryTopicConsumeByWho(topic), ...offsets.whichGroupByTopic(topic)]);
    return bodyResponse(request, GroupList, { groupList: [...groups] });
  };
}
