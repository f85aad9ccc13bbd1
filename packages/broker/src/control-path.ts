import { RequestCode } from '@centaurmq/protocol';
import type { Clock, Logger, RemotingServer } from '@centaurmq/remoting';
import { adminRequestTable } from './admin/admin-request-table.ts';
import { BrokerConfigProcessor } from './admin/broker-config-processor.ts';
import { brokerRuntimeInfo } from './admin/broker-runtime-info.ts';
import { BrokerStateProcessor } from './admin/broker-state-processor.ts';
import { ClientQueryProcessor } from './admin/client-query-processor.ts';
import { ClientRelayProcessor } from './admin/client-relay-processor.ts';
import { ConsumeStatsProcessor } from './admin/consume-stats-processor.ts';
import { OffsetAdminProcessor } from './admin/offset-admin-processor.ts';
import { StoreAdminProcessor } from './admin/store-admin-processor.ts';
import { SubscriptionGroupAdminProcessor } from './admin/subscription-group-admin-processor.ts';
import { TopicAdminProcessor } from './admin/topic-admin-processor.ts';
import { TopicQueryProcessor } from './admin/topic-query-processor.ts';
import type { BrokerServers } from './broker-servers.ts';
import { ClientManageProcessor } from './client/client-manage-processor.ts';
import type { ConsumerManager } from './client/consumer-manager.ts';
import { LockBatchProcessor } from './client/lock-batch-processor.ts';
import type { ProducerManager } from './client/producer-manager.ts';
import type { RebalanceLockManager } from './client/rebalance-lock-manager.ts';
import type { BrokerConfig } from './config/broker-config.ts';
import type { MessagePath } from './message-path.ts';
import type { BrokerStatsManager } from './statistics/broker-stats-manager.ts';
import type { StoreStatsService } from './statistics/store-stats-service.ts';
import type { OpenStore } from './store/open-store.ts';
import type { SubscriptionGroupManager } from './subscription/subscription-group-manager.ts';
import type { TopicConfigManager } from './topic/topic-config-manager.ts';

export interface ControlPathOptions {
  readonly config: BrokerConfig;
  readonly store: OpenStore;
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly consumers: ConsumerManager;
  readonly producers: ProducerManager;
  readonly locks: RebalanceLockManager;
  readonly messagePath: MessagePath;
  readonly stats: BrokerStatsManager;
  readonly storeStats: StoreStatsService;
  readonly servers: BrokerServers;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where clients reach this broker, `ip:port`. */
  readonly brokerAddr: () => string;
  /** Lets the name servers know what changed; waits for them only as long as a tool does. */
  readonly announce: () => Promise<void>;
}

/** Registers who answers clients that come and go, and administrators. The same on both ports. */
export function registerControlPath(options: ControlPathOptions): (server: RemotingServer) => void {
  const clients = new ClientManageProcessor(options);
  const locks = new LockBatchProcessor(options.locks);
  const admin = adminRequestTable(adminProcessors(options));
  return (server) => {
    server.register(RequestCode.HEART_BEAT, clients.heartBeat);
    server.register(RequestCode.UNREGISTER_CLIENT, clients.unregisterClient);
    server.register(RequestCode.CHECK_CLIENT_CONFIG, clients.checkClientConfig);
    server.register(RequestCode.GET_CONSUMER_LIST_BY_GROUP, clients.getConsumerListByGroup);
    server.register(RequestCode.LOCK_BATCH_MQ, locks.lockBatchMQ);
    server.register(RequestCode.UNLOCK_BATCH_MQ, locks.unlockBatchMQ);
    for (const [code, handler] of admin) server.register(code, handler);
  };
}

function adminProcessors(options: ControlPathOptions): Parameters<typeof adminRequestTable>[0] {
  const { config, topics, stats, storeStats, clock, logger, messagePath, announce } = options;
  const { offsets, schedule } = messagePath;
  const store = options.store.messages;
  const parts = { ...options, store, offsets };
  return {
    topicAdmin: new TopicAdminProcessor(parts),
    topicQuery: new TopicQueryProcessor(parts),
    groupAdmin: new SubscriptionGroupAdminProcessor(parts),
    clientQuery: new ClientQueryProcessor(parts),
    clientRelay: new ClientRelayProcessor({ ...parts, call: options.servers.call }),
    consumeStats: new ConsumeStatsProcessor(parts),
    offsetAdmin: new OffsetAdminProcessor(parts),
    brokerConfig: new BrokerConfigProcessor({
      config,
      logger,
      topicDataVersion: () => topics.dataVersion,
      configChanged: () => messagePath.pushPullLimits(),
      permissionChanged: () => {
        messagePath.pushTopics();
        return announce();
      },
    }),
    brokerState: new BrokerStateProcessor({
      stats,
      runtimeInfo: () =>
        brokerRuntimeInfo({
          clock,
          store,
          stats: storeStats,
          engine: store,
          commitLogPath: `${config.storePathRootDir}/commitlog`,
          delayOffsets: () => schedule.delayOffsets,
        }),
    }),
    storeAdmin: new StoreAdminProcessor({
      logger,
      retain: () => options.store.retain(),
      delayOffsets: () => schedule.delayOffsets,
    }),
  };
}
