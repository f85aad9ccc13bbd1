import type {
  ConsumeStats,
  ConsumerConnection,
  TopicConfig,
  TopicRouteData,
  TopicStatsTable,
} from '@centaurmq/protocol';
import {
  ClusterInfo,
  DeleteTopicFromNamesrvRequestHeader,
  Perm,
  RequestCode,
  ResponseCode,
  TopicList,
  TopicRules,
  requestCommand,
} from '@centaurmq/protocol';
import { BrokerAdminCalls, read } from '../calls/admin-calls.ts';
import { MqError, MqErrorCode } from '../errors.ts';
import type { InstanceChoice, InstanceUse } from '../instance/instance-use.ts';
import { chooseInstance } from '../instance/instance-use.ts';
import type { MessageQueue } from '../message/message-queue.ts';

/** What a topic is to be; everything but the name has RocketMQ's default. */
export type TopicSpec = Pick<TopicConfig, 'topicName'> & Partial<TopicConfig>;

const MASTER_ID = 0;
const QUEUE_NUMS_DEFAULT = 8;

/**
 * Administrative calls, for tools. Nothing is cached: every call asks the servers. Apache RocketMQ: MQAdminExt, whose names the methods have.
 */
export class MqAdmin {
  readonly #use: InstanceUse;
  /** Calls to one broker, by its address. */
  readonly broker: BrokerAdminCalls;

  /** @throws MqError INVALID_ARGUMENT */
  constructor(choice: InstanceChoice) {
    this.#use = chooseInstance(choice);
    const { calls, requestTimeoutMillis } = this.#use.instance;
    this.broker = new BrokerAdminCalls(calls, requestTimeoutMillis);
  }

  async close(): Promise<void> {
    if (this.#use.isOwned) await this.#use.instance.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Every topic that a name server knows, system topics included, sorted. */
  async fetchAllTopicList(): Promise<string[]> {
    const response = await this.#askNameServer(
      requestCommand(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER),
    );
    return read(response, TopicList.decode, 'the name server').topicList.toSorted();
  }

  async examineBrokerClusterInfo(): Promise<ClusterInfo> {
    const response = await this.#askNameServer(requestCommand(RequestCode.GET_BROKER_CLUSTER_INFO));
    return read(response, ClusterInfo.decode, 'the name server');
  }

  /** @throws MqError TOPIC_NOT_FOUND */
  async examineTopicRouteInfo(topic: string): Promise<TopicRouteData> {
    const route = await this.#use.instance.routes.fetch(topic);
    if (route !== null) return route;
    throw new MqError(MqErrorCode.TOPIC_NOT_FOUND, `no name server has a route of topic ${topic}`, {
      advice: 'Check the name (topicList) and that a broker with the topic is registered (clusterList)',
    });
  }

  /** Offsets of every queue, over all brokers of the topic. */
  async examineTopicStats(topic: string): Promise<TopicStatsTable> {
    const tables = await this.#atEachBroker(topic, (address) => this.broker.topicStats(address, topic));
    return {
      offsetTable: mergeTables(tables.map(({ offsetTable }) => offsetTable)),
      topicPutTps: tables.reduce((sum, { topicPutTps }) => sum + topicPutTps, 0),
    };
  }

  /** Creates the topic on one broker, or changes it. */
  async createAndUpdateTopicConfig(brokerAddress: string, spec: TopicSpec): Promise<TopicConfig> {
    const config = topicConfig(spec);
    await this.broker.createAndUpdateTopicConfig(brokerAddress, config);
    return config;
  }

  /**
   * Masters of a cluster, sorted.
   * @throws MqError BROKER_NOT_FOUND when the cluster is not known
   */
  async fetchMasterAddrByClusterName(clusterName: string): Promise<string[]> {
    const { clusterAddrTable, brokerAddrTable } = await this.examineBrokerClusterInfo();
    const brokerNames = clusterAddrTable.get(clusterName);
    if (brokerNames === undefined) {
      const known = [...clusterAddrTable.keys()].join(', ') || 'none';
      throw new MqError(
        MqErrorCode.BROKER_NOT_FOUND,
        `there is no cluster ${clusterName}; the name server knows: ${known}`,
      );
    }
    return brokerNames
      .map((brokerName) => brokerAddrTable.get(brokerName)?.brokerAddrs.get(MASTER_ID))
      .filter((address) => address !== undefined)
      .toSorted();
  }

  /** Deletes the topic on every master of a cluster, then on every name server. */
  async deleteTopic(topic: string, clusterName: string): Promise<void> {
    const addresses = await this.fetchMasterAddrByClusterName(clusterName);
    await Promise.all(addresses.map((address) => this.broker.deleteTopic(address, topic)));
    const { nameServers, calls, requestTimeoutMillis } = this.#use.instance;
    const extFields = DeleteTopicFromNamesrvRequestHeader.encode({ topic, clusterName });
    const request = requestCommand(RequestCode.DELETE_TOPIC_IN_NAMESRV, { extFields });
    const options = { timeoutMillis: requestTimeoutMillis };
    await Promise.all(nameServers.addresses.map((address) => calls.call(address, request, options)));
  }

  /**
   * How far a group is behind in every queue.
   * @param topic all topics that the group has offsets of when null
   * @throws MqError TOPIC_NOT_FOUND when the group has never been online
   */
  async examineConsumeStats(consumerGroup: string, topic: string | null = null): Promise<ConsumeStats> {
    const stats = await this.#atEachBroker(TopicRules.retryTopic(consumerGroup), (address) =>
      this.broker.consumeStats(address, consumerGroup, topic),
    );
    return {
      consumeTps: stats.reduce((sum, { consumeTps }) => sum + consumeTps, 0),
      offsetTable: mergeTables(stats.map(({ offsetTable }) => offsetTable)),
    };
  }

  /** @returns null when no client of the group is online */
  async examineConsumerConnectionInfo(consumerGroup: string): Promise<ConsumerConnection | null> {
    const connections = await this.#atEachBroker(TopicRules.retryTopic(consumerGroup), (address) =>
      this.broker.consumerConnection(address, consumerGroup),
    );
    return connections.find((connection) => connection !== null) ?? null;
  }

  /** The groups that consume a topic, or have. */
  async queryTopicConsumeByWho(topic: string): Promise<string[]> {
    const groups = await this.#atEachBroker(topic, (address) =>
      this.broker.topicConsumeByWho(address, topic),
    );
    return [...new Set(groups.flat())].toSorted();
  }

  /**
   * Sets a group's offsets back (or ahead) to a time; clients that are online go on there.
   * @param timestamp milliseconds since the epoch; -1 is the end of each queue
   * @returns the new offsets
   */
  async resetOffsetByTimestamp(
    topic: string,
    group: string,
    timestamp: number,
  ): Promise<ReadonlyMap<MessageQueue, number>> {
    const tables = await this.#atEachBroker(topic, (address) =>
      this.broker.resetOffset(address, { topic, group, timestamp }),
    );
    return mergeTables(tables);
  }

  #askNameServer(
    request: ReturnType<typeof requestCommand>,
  ): ReturnType<InstanceUse['instance']['nameServers']['call']> {
    return this.#use.instance.nameServers.call(request, [ResponseCode.SUCCESS]);
  }

  /** The master of each broker of the topic, else the slave with the lowest id. */
  async #atEachBroker<T>(topic: string, ask: (address: string) => Promise<T>): Promise<T[]> {
    const { brokerDatas } = await this.examineTopicRouteInfo(topic);
    const addresses = brokerDatas.map(({ brokerAddrs }) => {
      const lowestId = Math.min(...brokerAddrs.keys());
      return brokerAddrs.get(lowestId);
    });
    return Promise.all(addresses.filter((address) => address !== undefined).map(ask));
  }
}

/** The tables of several brokers have no queue in common. */
function mergeTables<V>(tables: readonly ReadonlyMap<MessageQueue, V>[]): Map<MessageQueue, V> {
  const merged = new Map<MessageQueue, V>();
  for (const table of tables) for (const [queue, value] of table) merged.set(queue, value);
  return merged;
}

function topicConfig(spec: TopicSpec): TopicConfig {
  const fault = TopicRules.validateTopic(spec.topicName);
  if (fault !== null) throw new MqError(MqErrorCode.INVALID_ARGUMENT, fault);
  return {
    readQueueNums: QUEUE_NUMS_DEFAULT,
    writeQueueNums: QUEUE_NUMS_DEFAULT,
    perm: Perm.READ | Perm.WRITE,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    attributes: new Map(),
    ...spec,
  };
}
