import type { ConsumerData, SubscriptionData } from '@centaurmq/protocol';
import { ConsumeType, PullSysFlag, SUBSCRIBE_ALL, TopicRules } from '@centaurmq/protocol';
import { MqError, MqErrorCode } from '../errors.ts';
import type { InstanceUse } from '../instance/instance-use.ts';
import { chooseInstance } from '../instance/instance-use.ts';
import { PeriodicTask } from '../instance/periodic-task.ts';
import type { RegisteredConsumer } from '../instance/registered-group.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import { MessageQueueTable } from '../message/message-queue.ts';
import { ConsumeMessageConcurrentlyService } from './consume/consume-message-concurrently-service.ts';
import { ConsumerStatistics } from './consume/consumer-statistics.ts';
import { cleanExpiredMessages } from './consume/clean-expired-messages.ts';
import type { ProcessQueue } from './consume/process-queue.ts';
import { beginningOfQueue, clientIdsOfGroup, queuesOfTopic } from './group-queues.ts';
import { consumeDirectly, runningInfo } from './consumer-inspection.ts';
import { LocalFileOffsetStore } from './offset/local-file-offset-store.ts';
import { offsetFilePath } from './offset/offset-file.ts';
import type { OffsetStore } from './offset/offset-store.ts';
import { RemoteBrokerOffsetStore } from './offset/remote-broker-offset-store.ts';
import type { PulledMessages } from './pull/pull-api-wrapper.ts';
import { PullApiWrapper } from './pull/pull-api-wrapper.ts';
import { PullMessageService } from './pull/pull-message-service.ts';
import type { ConsumerSettings, PushConsumerOptions } from './push-consumer-options.ts';
import { consumerSettings, withStableName } from './push-consumer-options.ts';
import { RebalanceService } from './rebalance/rebalance-service.ts';
import { SendMessageBack } from './send-message-back.ts';
import { subscriptionByTags } from './subscription.ts';

/** How long a broker may hold a pull. Apache RocketMQ: BROKER_SUSPEND_MAX_TIME_MILLIS. */
const BROKER_SUSPEND_MILLIS_MAX = 15_000;
/** Apache RocketMQ: CONSUMER_TIMEOUT_MILLIS_WHEN_SUSPEND. */
const PULL_TIMEOUT_MILLIS = 30_000;
const UNBALANCED_RETRY_MILLIS = 1_000;
const REBALANCE_SPACING_MILLIS = 1_000;
const CLEAN_EXPIRED_INTERVAL_MILLIS = 60_000;
const TIMESTAMP_BEFORE_START_MILLIS = 30 * 60_000;

type ConsumerState = 'created' | 'running' | 'closed';

/**
 * Gets the messages of its subscriptions pushed to a handler: pulls ahead within limits, calls the handler many times at once, sends
 * back what fails, and keeps its share of the queues among the clients of the group. Apache RocketMQ: DefaultMQPushConsumer.
 */
export class PushConsumer {
  readonly group: string;
  readonly #settings: ConsumerSettings;
  readonly #use: InstanceUse;
  readonly #subscriptions = new Map<string, SubscriptionData>();
  readonly #processQueues = new MessageQueueTable<ProcessQueue>();
  readonly #statistics: ConsumerStatistics;
  readonly #offsetStore: OffsetStore;
  readonly #sendBack: SendMessageBack;
  readonly #pullApi: PullApiWrapper;
  readonly #consumeService: ConsumeMessageConcurrentlyService;
  readonly #pullService: PullMessageService;
  readonly #rebalance: RebalanceService;
  readonly #rebalanceTask: PeriodicTask;
  readonly #tasks: readonly PeriodicTask[];
  #state: ConsumerState = 'created';
  #isSuspended = false;
  #startTimestamp = 0;
  #closed: Promise<void> | null = null;

  /** @throws MqError INVALID_ARGUMENT */
  constructor(options: PushConsumerOptions) {
    const settings = consumerSettings(options);
    this.group = options.group;
    this.#settings = settings;
    this.#use = chooseInstance(withStableName(options, settings));
    const { environment, calls, brokers, routes, clientId } = this.#use.instance;
    const { clock, logger } = environment;
    const { group } = this;
    const isClustering = settings.messageModel === 'CLUSTERING';
    this.#statistics = new ConsumerStatistics(clock);
    this.#offsetStore = isClustering
      ? new RemoteBrokerOffsetStore({ group, calls, brokers, logger })
      : new LocalFileOffsetStore(
          environment.openOffsetFile(offsetFilePath(settings.offsetDirectory, clientId, group)),
          logger,
        );
    const { offsets } = this.#offsetStore;
    const { maxReconsumeTimes } = settings;
    this.#sendBack = new SendMessageBack({ group, clock, logger, calls, brokers, routes, maxReconsumeTimes });
    this.#pullApi = new PullApiWrapper({ group, calls, brokers, logger });
    this.#consumeService = new ConsumeMessageConcurrentlyService({
      group,
      clock,
      logger,
      listener: options.messageListener,
      concurrency: settings.consumeConcurrency,
      batchSizeMax: settings.consumeMessageBatchMaxSize,
      offsets,
      statistics: this.#statistics,
      sendBack: isClustering ? (message, delayLevel) => this.#sendBack.send(message, delayLevel) : null,
    });
    this.#pullService = new PullMessageService({
      group,
      clock,
      logger,
      thresholds: settings.pullThresholds,
      offsets,
      statistics: this.#statistics,
      submit: (messages, processQueue, queue) => this.#consumeService.submit(messages, processQueue, queue),
      pull: (queue, queueOffset, signal) => this.#pull(queue, queueOffset, signal),
      isPaused: () => this.#isSuspended,
      offsetIllegal: (queue, nextBeginOffset) => void this.#moveQueueTo(queue, nextBeginOffset),
    });
    this.#rebalance = new RebalanceService({
      group,
      clientId,
      clock,
      logger,
      strategy: isClustering ? settings.allocateMessageQueueStrategy : null,
      processQueues: this.#processQueues,
      offsetStore: this.#offsetStore,
      queuesOf: (topic) => queuesOfTopic(this.#use.instance, topic),
      clientIdsOf: (topic) => clientIdsOfGroup(this.#use.instance, group, topic),
      computePullFromWhere: (queue) => this.#beginningOf(queue),
      queuesChanged: (topic) => this.#queuesChanged(topic),
      beginPull: (request) => this.#pullService.begin(request),
    });
    this.#rebalanceTask = this.#task('rebalance', 0, settings.rebalanceIntervalMillis, () =>
      this.#rebalanceAll(),
    );
    this.#tasks = this.#periodicTasks();
    if (isClustering) {
      const retryTopic = TopicRules.retryTopic(group);
      this.#subscriptions.set(retryTopic, subscriptionByTags(retryTopic, SUBSCRIBE_ALL, clock.now()));
    }
  }

  get clientId(): string {
    return this.#use.instance.clientId;
  }

  /** The queues of this client now, retry queues included. */
  get assignedQueues(): readonly MessageQueue[] {
    return this.#processQueues.queues();
  }

  /**
   * Adds or changes a subscription, before or after the start. All clients of a group must have the same.
   * @param tagExpression `*`, or tags separated by `||`
   * @throws MqError INVALID_ARGUMENT
   */
  async subscribe(topic: string, tagExpression: string = SUBSCRIBE_ALL): Promise<void> {
    const { instance } = this.#use;
    const subscription = subscriptionByTags(topic, tagExpression, instance.environment.clock.now());
    this.#subscriptions.set(topic, subscription);
    if (this.#state !== 'running') return;
    await instance.routes.refresh(topic);
    await instance.heartbeats.beatAll();
    this.#rebalanceTask.wake();
  }

  async unsubscribe(topic: string): Promise<void> {
    if (!this.#subscriptions.delete(topic) || this.#state !== 'running') return;
    this.#rebalanceTask.wake();
    await this.#use.instance.heartbeats.beatAll();
  }

  /**
   * Joins the group. Messages come to the handler from now on.
   * @throws MqError NAME_SERVER_UNAVAILABLE, OFFSET_FILE, NOT_RUNNING when it was closed
   */
  async start(): Promise<void> {
    if (this.#state === 'running') return;
    if (this.#state === 'closed') throw notRunning(this.group, 'was closed');
    const { instance } = this.#use;
    await this.#offsetStore.load();
    instance.registerConsumer(this.#registration());
    instance.start();
    this.#state = 'running';
    this.#startTimestamp = instance.environment.clock.now();
    try {
      await this.#refreshRoutes();
    } catch (error) {
      await this.close();
      throw error;
    }
    await instance.heartbeats.beatAll();
    // The heartbeat may have created the retry topic.
    await this.#refreshMissingRoutes();
    for (const task of this.#tasks) task.start();
  }

  /** Stops pulling; what is pulled already still goes to the handler. */
  suspend(): void {
    this.#isSuspended = true;
  }

  resume(): void {
    this.#isSuspended = false;
  }

  /**
   * Leaves the group: pulls no more, waits for the handlers that run (at most `drainTimeoutMillis`), stores the offsets. Messages
   * whose handlers have not ended by then come again, to another client or after the next start.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { instance, isOwned } = this.#use;
    const wasRunning = this.#state === 'running';
    this.#state = 'closed';
    if (wasRunning) {
      this.#rebalance.stop();
      await Promise.all([...this.#tasks.map((task) => task.stop()), this.#pullService.stop()]);
      const unfinishedCount = await this.#consumeService.close(this.#settings.drainTimeoutMillis);
      if (unfinishedCount > 0) {
        const { group } = this;
        instance.environment.logger.warn(
          { group, unfinishedCount },
          'closed while handlers run; their messages come again',
        );
      }
      await this.#offsetStore.persistAll(this.#processQueues.queues(), { confirmed: true });
      for (const processQueue of this.#processQueues.values()) processQueue.drop();
      this.#processQueues.clear();
      await instance.unregisterConsumer(this.group);
    }
    if (isOwned) await instance.close();
  }

  #task(
    name: string,
    firstDelayMillis: number,
    intervalMillis: number,
    run: () => Promise<number | void>,
  ): PeriodicTask {
    const { clock, logger } = this.#use.instance.environment;
    const spacingMillis = REBALANCE_SPACING_MILLIS;
    return new PeriodicTask({ name, clock, logger, firstDelayMillis, intervalMillis, run, spacingMillis });
  }

  #periodicTasks(): readonly PeriodicTask[] {
    const { persistConsumerOffsetIntervalMillis, messageModel } = this.#settings;
    const persist = this.#task(
      'persist offsets',
      persistConsumerOffsetIntervalMillis,
      persistConsumerOffsetIntervalMillis,
      () => this.#offsetStore.persistAll(this.#processQueues.queues(), { confirmed: false }),
    );
    const cleanExpired = this.#task(
      'clean expired',
      CLEAN_EXPIRED_INTERVAL_MILLIS,
      CLEAN_EXPIRED_INTERVAL_MILLIS,
      () => this.#cleanExpired(),
    );
    return messageModel === 'CLUSTERING'
      ? [this.#rebalanceTask, persist, cleanExpired]
      : [this.#rebalanceTask, persist];
  }

  #registration(): RegisteredConsumer {
    const { clock } = this.#use.instance.environment;
    return {
      group: this.group,
      subscribedTopics: () => this.#subscriptions.keys(),
      consumerData: () => this.#consumerData(),
      wakeRebalance: () => this.#rebalanceTask.wake(),
      resetOffsets: (topic, offsets) => this.#resetOffsets(topic, offsets),
      consumerStatus: (topic) => this.#offsetStore.offsets.entries(topic),
      runningInfo: async () =>
        runningInfo({
          consumeType: ConsumeType.CONSUME_PASSIVELY,
          nameServers: this.#use.instance.nameServers.addresses,
          consumeConcurrency: this.#settings.consumeConcurrency,
          startTimestamp: this.#startTimestamp,
          subscriptions: [...this.#subscriptions.values()],
          processQueues: this.#processQueues,
          offsets: this.#offsetStore.offsets,
          statistics: this.#statistics,
        }),
      consumeDirectly: (stored, brokerName) =>
        consumeDirectly(stored, brokerName, this.group, this.#consumeService, clock),
    };
  }

  #consumerData(): ConsumerData {
    const { messageModel, consumeFromWhere } = this.#settings;
    return {
      groupName: this.group,
      consumeType: ConsumeType.CONSUME_PASSIVELY,
      messageModel,
      consumeFromWhere,
      subscriptionDataSet: [...this.#subscriptions.values()],
      unitMode: false,
    };
  }

  async #refreshRoutes(): Promise<void> {
    const { routes } = this.#use.instance;
    await Promise.all([...this.#subscriptions.keys()].map((topic) => routes.refresh(topic)));
  }

  async #refreshMissingRoutes(): Promise<void> {
    const { routes, environment } = this.#use.instance;
    const missing = [...this.#subscriptions.keys()].filter((topic) => routes.get(topic) === undefined);
    for (const topic of missing) {
      const { group } = this;
      const route = await routes.refresh(topic).catch(() => null);
      if (route === null)
        environment.logger.info({ group, topic }, 'the topic does not exist yet; it is looked for again');
    }
  }

  async #rebalanceAll(): Promise<number | void> {
    if (this.#isSuspended || this.#state !== 'running') return undefined;
    const isBalanced = await this.#rebalance.rebalance([...this.#subscriptions.keys()]);
    return isBalanced ? undefined : UNBALANCED_RETRY_MILLIS;
  }

  #beginningOf(queue: MessageQueue): Promise<number> {
    const { consumeFromWhere, consumeTimestamp } = this.#settings;
    return beginningOfQueue(this.#use.instance, this.#offsetStore, queue, {
      consumeFromWhere,
      consumeTimestamp: consumeTimestamp ?? this.#startTimestamp - TIMESTAMP_BEFORE_START_MILLIS,
    });
  }

  /** A newer version of the subscription, so that the broker does not filter by an older one of another client. */
  async #queuesChanged(topic: string): Promise<void> {
    const { environment, heartbeats } = this.#use.instance;
    const subscription = this.#subscriptions.get(topic);
    if (subscription === undefined) return;
    this.#subscriptions.set(topic, { ...subscription, subVersion: environment.clock.now() });
    await heartbeats.beatAll();
  }

  #pull(queue: MessageQueue, queueOffset: number, signal: AbortSignal): Promise<PulledMessages> {
    const { pullBatchSize, pullBatchBytes, messageModel } = this.#settings;
    const subscription = this.#subscriptions.get(queue.topic);
    if (subscription === undefined)
      throw new MqError(MqErrorCode.NOT_RUNNING, `${queue.topic} is not subscribed any more`);
    const consumed = this.#offsetStore.offsets.get(queue);
    return this.#pullApi.pull({
      queue,
      queueOffset,
      subscription,
      tagsNow: () => (this.#subscriptions.get(queue.topic) ?? subscription).tagsSet,
      messageCountMax: pullBatchSize,
      bodyBytesMax: pullBatchBytes,
      sysFlag: PullSysFlag.SUSPEND,
      commitOffset: messageModel === 'CLUSTERING' && consumed !== null && consumed > 0 ? consumed : null,
      suspendTimeoutMillis: BROKER_SUSPEND_MILLIS_MAX,
      timeoutMillis: PULL_TIMEOUT_MILLIS,
      signal,
    });
  }

  /** Begins a queue anew at another offset. Until the offset is stored the queue stays in the table, so that no rebalance takes it up. */
  async #moveQueueTo(queue: MessageQueue, queueOffset: number): Promise<void> {
    const processQueue = this.#processQueues.get(queue);
    if (processQueue === undefined) return;
    const { offsets } = this.#offsetStore;
    processQueue.drop();
    processQueue.clear();
    offsets.updateAndFreeze(queue, queueOffset);
    const { group } = this;
    this.#use.instance.environment.logger.warn(
      { group, queue, queueOffset },
      'the queue is begun anew at this offset',
    );
    await this.#offsetStore.persist(queue, { confirmed: true });
    offsets.remove(queue);
    this.#processQueues.delete(queue);
    this.#rebalanceTask.wake();
  }

  async #resetOffsets(topic: string, offsets: ReadonlyMap<MessageQueue, number>): Promise<void> {
    const moved = [...offsets].filter(([queue]) => queue.topic === topic);
    await Promise.all(moved.map(([queue, queueOffset]) => this.#moveQueueTo(queue, queueOffset)));
  }

  async #cleanExpired(): Promise<void> {
    const { clock, logger } = this.#use.instance.environment;
    for (const [queue, processQueue] of this.#processQueues.entries()) {
      await cleanExpiredMessages(queue, processQueue, {
        now: clock.now(),
        consumeTimeoutMillis: this.#settings.consumeTimeoutMillis,
        offsets: this.#offsetStore.offsets,
        logger,
        sendBack: (message, delayLevel) => this.#sendBack.send(message, delayLevel),
      });
    }
  }
}

function notRunning(group: string, reason: string): MqError {
  return new MqError(MqErrorCode.NOT_RUNNING, `the consumer of group ${group} ${reason}`);
}
