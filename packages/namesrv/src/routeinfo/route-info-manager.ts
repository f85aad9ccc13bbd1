import { Perm } from '@centaurmq/protocol';
import type { BrokerData, DataVersion, QueueData, TopicList } from '@centaurmq/protocol';
import type { NamesrvConfig } from '../config/namesrv-config.ts';
import type { MinBrokerIdChange } from './min-broker-id-change.ts';
import type { TopicRoute } from './pickup-topic-route.ts';
import { pickupTopicRouteData } from './pickup-topic-route.ts';
import type { BrokerRegistration, RegistrationOutcome } from './register-broker.ts';
import { isDataVersionChanged, registerBroker, setQueueData } from './register-broker.ts';
import type { BrokerLiveInfo, RouteTables } from './route-tables.ts';
import { brokerKey, emptyRouteTables, removeQueueData } from './route-tables.ts';
import {
  allTopics,
  systemTopics,
  topicsByCluster,
  unitSubTopics,
  unitSubTopicsOutsideUnits,
  unitTopics,
} from './topic-lists.ts';
import type { BrokerUnregistration } from './unregister-broker.ts';
import { loseBrokers, unregisterBrokers } from './unregister-broker.ts';

/** Brokers that were unregistered, and whom to tell. */
export interface LostBrokers {
  readonly lost: readonly BrokerLiveInfo[];
  readonly notify: readonly MinBrokerIdChange[];
}

/**
 * Brokers, their topics and who of them is alive. Neither clock nor network: `now` is an argument, and what is to be told to
 * others is returned. Apache RocketMQ: RouteInfoManager.
 */
export class RouteInfoManager {
  readonly #tables: RouteTables = emptyRouteTables();
  readonly #config: Readonly<NamesrvConfig>;

  /** @param config read at each decision: it may be changed while running */
  constructor(config: Readonly<NamesrvConfig>) {
    this.#config = config;
  }

  registerBroker(registration: BrokerRegistration, now: number): RegistrationOutcome {
    return registerBroker(this.#tables, registration, this.#config, now);
  }

  /** @returns whom to tell that the smallest broker id of their group changed */
  unregisterBrokers(unregistrations: readonly BrokerUnregistration[]): MinBrokerIdChange[] {
    return unregisterBrokers(this.#tables, unregistrations, this.#config);
  }

  /** Every broker that registered last on this connection is gone with it. */
  connectionClosed(connectionId: number): LostBrokers {
    return this.#unregisterWhere((live) => live.connectionId === connectionId);
  }

  /** A live broker registered last on this connection. */
  hasBrokerOn(connectionId: number): boolean {
    return [...this.#tables.brokerLiveTable.values()].some((live) => live.connectionId === connectionId);
  }

  /** Unregisters the brokers that have not reported within their own timeout; their connections are to be closed. */
  scanNotActiveBroker(now: number): LostBrokers {
    return this.#unregisterWhere((live) => live.lastUpdateTimestamp + live.heartbeatTimeoutMillis < now);
  }

  #unregisterWhere(isLost: (live: BrokerLiveInfo) => boolean): LostBrokers {
    const lost = [...this.#tables.brokerLiveTable.values()].filter(isLost);
    return { lost, notify: loseBrokers(this.#tables, lost, this.#config) };
  }

  /** A sign of life. Unknown brokers have to register first. */
  updateBrokerInfoUpdateTimestamp(clusterName: string, brokerAddr: string, now: number): void {
    const live = this.#tables.brokerLiveTable.get(brokerKey(clusterName, brokerAddr));
    if (live !== undefined) live.lastUpdateTimestamp = now;
  }

  isBrokerTopicConfigChanged(clusterName: string, brokerAddr: string, dataVersion: DataVersion): boolean {
    return isDataVersionChanged(this.#tables, clusterName, brokerAddr, dataVersion);
  }

  /** @returns null for an unknown broker */
  queryBrokerTopicConfig(clusterName: string, brokerAddr: string): DataVersion | null {
    return this.#tables.brokerLiveTable.get(brokerKey(clusterName, brokerAddr))?.dataVersion ?? null;
  }

  /** @returns null when no broker of the topic is registered */
  pickupTopicRouteData(topic: string): TopicRoute | null {
    return pickupTopicRouteData(this.#tables, topic, this.#config);
  }

  /**
   * Adds a topic to registered brokers; nothing when one of them is unknown.
   * @returns the name of the first unknown broker, or null
   */
  registerTopic(topic: string, queueDatas: readonly QueueData[]): string | null {
    const stranger = queueDatas.find(({ brokerName }) => !this.#tables.brokerAddrTable.has(brokerName));
    if (stranger !== undefined) return stranger.brokerName;
    for (const queueData of queueDatas) setQueueData(this.#tables, topic, { ...queueData });
    return null;
  }

  /** @param clusterName only this cluster's brokers; null or '' for all */
  deleteTopic(topic: string, clusterName: string | null): void {
    if (clusterName === null || clusterName === '') {
      this.#tables.topicQueueTable.delete(topic);
      return;
    }
    for (const brokerName of this.#tables.clusterAddrTable.get(clusterName) ?? []) {
      removeQueueData(this.#tables, topic, brokerName);
    }
  }

  /** @returns the number of topics whose write permission this broker lost */
  wipeWritePermOfBroker(brokerName: string): number {
    return this.#setPermOfBroker(brokerName, (perm) => perm & ~Perm.WRITE);
  }

  /** @returns the number of topics of this broker, which can be read and written now */
  addWritePermOfBroker(brokerName: string): number {
    return this.#setPermOfBroker(brokerName, () => Perm.READ | Perm.WRITE);
  }

  #setPermOfBroker(brokerName: string, permOf: (perm: number) => number): number {
    let topicCount = 0;
    for (const queueDatas of this.#tables.topicQueueTable.values()) {
      const queueData = queueDatas.get(brokerName);
      if (queueData === undefined) continue;
      queueDatas.set(brokerName, { ...queueData, perm: permOf(queueData.perm) });
      topicCount += 1;
    }
    return topicCount;
  }

  /** Broker ids and addresses of one group; empty when unknown. */
  brokerMemberGroup(brokerName: string): ReadonlyMap<number, string> {
    return this.#tables.brokerAddrTable.get(brokerName)?.brokerAddrs ?? new Map();
  }

  /** Nothing is known of any broker: no route, no group, no liveness. */
  get isEmpty(): boolean {
    return Object.values(this.#tables).every((table: ReadonlyMap<string, unknown>) => table.size === 0);
  }

  get brokerAddrTable(): ReadonlyMap<string, BrokerData> {
    return this.#tables.brokerAddrTable;
  }

  get clusterAddrTable(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#tables.clusterAddrTable;
  }

  allTopics(): TopicList {
    return allTopics(this.#tables);
  }

  topicsByCluster(clusterName: string): TopicList {
    return topicsByCluster(this.#tables, clusterName);
  }

  systemTopics(): TopicList {
    return systemTopics(this.#tables);
  }

  unitTopics(): TopicList {
    return unitTopics(this.#tables);
  }

  unitSubTopics(): TopicList {
    return unitSubTopics(this.#tables);
  }

  unitSubTopicsOutsideUnits(): TopicList {
    return unitSubTopicsOutsideUnits(this.#tables);
  }
}
