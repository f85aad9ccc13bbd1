import type { SubscriptionData } from '@centaurmq/protocol';
import { ConsumeType, PullSysFlag, SUBSCRIBE_ALL } from '@centaurmq/protocol';
import { getMaxOffset, getMinOffset } from '../calls/offset-calls.ts';
import { MqError, MqErrorCode } from '../errors.ts';
import type { InstanceChoice, InstanceUse } from '../instance/instance-use.ts';
import { chooseInstance } from '../instance/instance-use.ts';
import { PeriodicTask } from '../instance/periodic-task.ts';
import type { RegisteredConsumer } from '../instance/registered-group.ts';
import type { MessageExt } from '../message/message-ext.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import { MessageQueueTable } from '../message/message-queue.ts';
import { ConsumerStatistics } from './consume/consumer-statistics.ts';
import { ProcessQueue } from './consume/process-queue.ts';
import { runningInfo } from './consumer-inspection.ts';
import { beginningOfQueue, clientIdsOfGroup, queuesOfTopic } from './group-queues.ts';
import { OffsetTable } from './offset/offset-store.ts';
import { RemoteBrokerOffsetStore } from './offset/remote-broker-offset-store.ts';
import { PolledMessages } from './pull/polled-messages.ts';
import type { PulledMessages } from './pull/pull-api-wrapper.ts';
import { PullApiWrapper } from './pull/pull-api-wrapper.ts';
import { PullMessageService } from './pull/pull-message-service.ts';
import type { ConsumerSettings } from './push-consumer-options.ts';
import { consumerSettings } from './push-consumer-options.ts';
import { RebalanceService } from './rebalance/rebalance-service.ts';
import { subscriptionByTags } from './subscription.ts';

type SharedSettings = Pick<
  ConsumerSettings,
  | 'consumeFromWhere'
  | 'consumeTimestamp'
  | 'allocateMessageQueueStrategy'
  | 'pullBatchSize'
  | 'pullBatchBytes'
  | 'pullThresholds'
  | 'rebalanceIntervalMillis'
>;

/** Either `client`, to share connections and routes, or `nameServers`, for an instance of its own. */
export interface LitePullConsumerOptions extends Partial<SharedSettings>, InstanceChoice {
  readonly group: string;
  /** A poll commits what earlier polls returned, at most once in `autoCommitIntervalMillis`; true when not given. */
  readonly autoCommit?: boolean;
  /** 5000 when not given. */
  readonly autoCommitIntervalMillis?: number;
}

export interface PollOptions {
  /** How long to wait when nothing is there; 5000 when not given. */
  readonly timeoutMillis?: number;
  /** Aborting ends the wait with an empty answer. */
  readonly signal?: AbortSignal;
}

/** Apache RocketMQ: brokerSuspendMaxTimeMillis. */
const BROKER_SUSPEND_MILLIS_MAX = 20_000;
const PULL_TIMEOUT_MILLIS = 30_000;
const UNBALANCED_RETRY_MILLIS = 1_000;
const REBALANCE_SPACING_MILLIS = 1_000;
const TIMESTAMP_BEFORE_START_MILLIS = 30 * 60_000;

/**
 * Hands out messages when it is asked to: subscribed, as one of the clients that divide the queues, or assigned to queues that the caller
 * names. Failed messages are the caller's affair: nothing is sent back. Apache RocketMQ: DefaultLitePullConsumer.
 */
export class LitePullConsumer {
  readonly group: string;
  readonly #settings: ConsumerSettings;
  readonly #autoCommitIntervalMillis: number;
  readonly #use: InstanceUse;
  readonly #subscriptions = new Map<string, SubscriptionData>();
  readonly #processQueues = new MessageQueueTable<ProcessQueue>();
  readonly #offsetStore: RemoteBrokerOffsetStore;
  /** The next queue offset that a poll returns: what a commit stores. */
  readonly #positions = new OffsetTable();
  readonly #polled: PolledMessages;
  readonly #statistics: ConsumerStatistics;
  readonly #pullApi: PullApiWrapper;
  readonly #pullService: PullMessageService;
  readonly #rebalance: RebalanceService;
  readonly #rebalanceTask: PeriodicTask;
  #assigned: readonly MessageQueue[] | null = null;
  #state: 'created' | 'running' | 'closed' = 'created';
  #startTimestamp = 0;
  #nextAutoCommitMillis = 0;
  #closed: Promise<void> | null = null;

  /** @throws MqError INVALID_ARGUMENT */
  constructor(options: LitePullConsumerOptions) {
    const settings = consumerSettings(options);
    this.group = options.group;
    this.#settings = settings;
    this.#autoCommitIntervalMillis =
      options.autoCommit === false ? Infinity : (options.autoCommitIntervalMillis ?? 5_000);
    this.#use = chooseInstance(options);
    const { instance } = this.#use;
    const { environment, calls, brokers, clientId } = instance;
    const { clock, logger } = environment;
    const { group } = this;
    this.#offsetStore = new RemoteBrokerOffsetStore({ group, calls, brokers, logger });
    this.#statistics = new ConsumerStatistics(clock);
    this.#polled = new PolledMessages(clock);
    this.#pullApi = new PullApiWrapper({ group, calls, brokers, logger });
    this.#pullService = new PullMessageService({
      group,
      clock,
      logger,
      thresholds: settings.pullThresholds,
      offsets: this.#positions,
      statistics: this.#statistics,
      submit: (messages, processQueue, queue) => this.#polled.put({ messages, processQueue, queue }),
      pull: (queue, queueOffset, signal) => this.#pull(queue, queueOffset, signal),
      isPaused: () => false,
      offsetIllegal: (queue, nextBeginOffset) => this.#moveTo(queue, nextBeginOffset),
    });
    this.#rebalance = new RebalanceService({
      group,
      clientId,
      clock,
      logger,
      strategy: settings.allocateMessageQueueStrategy,
      processQueues: this.#processQueues,
      offsetStore: this.#offsetStore,
      queuesOf: (topic) => queuesOfTopic(instance, topic),
      clientIdsOf: (topic) => clientIdsOfGroup(instance, group, topic),
      computePullFromWhere: (queue) => this.#beginningOf(queue),
      queuesChanged: () => instance.heartbeats.beatAll(),
      beginPull: (request) => this.#pullService.begin(request),
    });
    this.#rebalanceTask = new PeriodicTask({
      name: 'rebalance',
      clock,
      logger,
      firstDelayMillis: 0,
      intervalMillis: settings.rebalanceIntervalMillis,
      spacingMillis: REBALANCE_SPACING_MILLIS,
      run: () => this.#rebalanceAll(),
    });
  }

  get clientId(): string {
    return this.#use.instance.clientId;
  }

  /** The queues that polls take from now. */
  get assignedQueues(): readonly MessageQueue[] {
    return this.#processQueues.queues();
  }

  /**
   * Divides the queues of a topic with the other clients of the group; instead of {@link assign}.
   * @param tagExpression `*`, or tags separated by `||`
   * @throws MqError INVALID_ARGUMENT
   */
  async subscribe(topic: string, tagExpression: string = SUBSCRIBE_ALL): Promise<void> {
    if (this.#assigned !== null)
      throw new MqError(MqErrorCode.INVALID_ARGUMENT, 'queues are assigned already', ADVICE);
    const { environment, routes, heartbeats } = this.#use.instance;
    this.#subscriptions.set(topic, subscriptionByTags(topic, tagExpression, environment.clock.now()));
    if (this.#state !== 'running') return;
    await routes.refresh(topic);
    await heartbeats.beatAll();
    this.#rebalanceTask.wake();
  }

  /**
   * Takes exactly these queues, whoever else does; instead of {@link subscribe}.
   * @throws MqError INVALID_ARGUMENT
   */
  async assign(queues: readonly MessageQueue[]): Promise<void> {
    if (this.#subscriptions.size > 0)
      throw new MqError(MqErrorCode.INVALID_ARGUMENT, 'topics are subscribed already', ADVICE);
    this.#assigned = queues;
    if (this.#state === 'running') await this.#workOnAssigned();
  }

  /** @returns all queues of a topic, to assign some of them; empty when the topic does not exist */
  async fetchMessageQueues(topic: string): Promise<readonly MessageQueue[]> {
    return (await queuesOfTopic(this.#use.instance, topic)) ?? [];
  }

  /** @throws MqError NAME_SERVER_UNAVAILABLE, NOT_RUNNING when it was closed */
  async start(): Promise<void> {
    if (this.#state === 'running') return;
    const { instance } = this.#use;
    if (this.#state === 'closed')
      throw new MqError(MqErrorCode.NOT_RUNNING, `the consumer of group ${this.group} was closed`);
    instance.registerConsumer(this.#registration());
    instance.start();
    this.#state = 'running';
    this.#startTimestamp = instance.environment.clock.now();
    this.#nextAutoCommitMillis =
      instance.environment.clock.monotonicMillis() + this.#autoCommitIntervalMillis;
    try {
      for (const topic of this.#topics()) await instance.routes.refresh(topic);
      await instance.heartbeats.beatAll();
      if (this.#assigned !== null) await this.#workOnAssigned();
      else this.#rebalanceTask.start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * The next messages, all of one queue, in its order; empty when none came in time.
   * @throws MqError NOT_RUNNING
   */
  async poll({ timeoutMillis = 5_000, signal }: PollOptions = {}): Promise<readonly MessageExt[]> {
    this.#requireRunning();
    const { clock } = this.#use.instance.environment;
    if (clock.monotonicMillis() >= this.#nextAutoCommitMillis) {
      this.#nextAutoCommitMillis = clock.monotonicMillis() + this.#autoCommitIntervalMillis;
      await this.#commitAll(false);
    }
    const found = await this.#polled.take(timeoutMillis, signal);
    if (found === null) return [];
    const { messages, processQueue, queue } = found;
    const position = processQueue.remove(messages, clock.now());
    if (position !== null) this.#positions.update(queue, position, true);
    return messages;
  }

  /** Stores, for every queue, that what polls have returned is done with. Resolves when the brokers have it. */
  async commit(): Promise<void> {
    this.#requireRunning();
    await this.#commitAll(true);
  }

  /**
   * The next poll of this queue begins at the offset.
   * @throws MqError INVALID_ARGUMENT when the queue is not assigned or has no such offset
   */
  async seek(queue: MessageQueue, queueOffset: number): Promise<void> {
    this.#requireRunning();
    const { calls, brokers, requestTimeoutMillis } = this.#use.instance;
    const address = await brokers.findMaster(queue);
    const options = { timeoutMillis: requestTimeoutMillis };
    const minOffset = await getMinOffset(calls, address, queue, options);
    const maxOffset = await getMaxOffset(calls, address, queue, options);
    const where = `queue ${queue.queueId} of ${queue.topic} on ${queue.brokerName}`;
    if (queueOffset < minOffset || queueOffset > maxOffset) {
      const reason = `${where} has the offsets ${minOffset} to ${maxOffset}; ${queueOffset} is none of them`;
      throw new MqError(MqErrorCode.INVALID_ARGUMENT, reason);
    }
    if (!this.#processQueues.has(queue))
      throw new MqError(MqErrorCode.INVALID_ARGUMENT, `${where} is not assigned to this client`);
    this.#moveTo(queue, queueOffset);
  }

  /** Leaves the group. With `autoCommit` what polls have returned is committed. */
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
      await Promise.all([this.#rebalanceTask.stop(), this.#pullService.stop()]);
      this.#polled.close();
      if (this.#autoCommitIntervalMillis !== Infinity) await this.#commitAll(true);
      for (const processQueue of this.#processQueues.values()) processQueue.drop();
      this.#processQueues.clear();
      await instance.unregisterConsumer(this.group);
    }
    if (isOwned) await instance.close();
  }

  async #commitAll(confirmed: boolean): Promise<void> {
    const queues = this.#processQueues.queues();
    for (const queue of queues) {
      const position = this.#positions.get(queue);
      if (position !== null) this.#offsetStore.offsets.update(queue, position, false);
    }
    await this.#offsetStore.persistAll(queues, { confirmed });
  }

  async #rebalanceAll(): Promise<number | void> {
    const isBalanced = await this.#rebalance.rebalance([...this.#subscriptions.keys()]);
    for (const [queue] of this.#positions.entries())
      if (!this.#processQueues.has(queue)) this.#positions.remove(queue);
    return isBalanced ? undefined : UNBALANCED_RETRY_MILLIS;
  }

  async #workOnAssigned(): Promise<void> {
    const assigned = this.#assigned ?? [];
    for (const [queue, processQueue] of this.#processQueues.entries()) {
      processQueue.drop();
      this.#processQueues.delete(queue);
    }
    await Promise.all(assigned.map(async (queue) => this.#moveTo(queue, await this.#beginningOf(queue))));
  }

  /** Forgets what was pulled of the queue and pulls it from there on. */
  #moveTo(queue: MessageQueue, queueOffset: number): void {
    const old = this.#processQueues.get(queue);
    old?.drop();
    old?.clear();
    const processQueue = new ProcessQueue(this.#use.instance.environment.clock.now());
    this.#processQueues.set(queue, processQueue);
    this.#positions.update(queue, queueOffset, false);
    this.#pullService.begin({ queue, processQueue, nextOffset: queueOffset });
  }

  #beginningOf(queue: MessageQueue): Promise<number> {
    const { consumeFromWhere, consumeTimestamp } = this.#settings;
    return beginningOfQueue(this.#use.instance, this.#offsetStore, queue, {
      consumeFromWhere,
      consumeTimestamp: consumeTimestamp ?? this.#startTimestamp - TIMESTAMP_BEFORE_START_MILLIS,
    });
  }

  #pull(queue: MessageQueue, queueOffset: number, signal: AbortSignal): Promise<PulledMessages> {
    const { pullBatchSize, pullBatchBytes } = this.#settings;
    const subscription =
      this.#subscriptions.get(queue.topic) ?? subscriptionByTags(queue.topic, SUBSCRIBE_ALL, 0);
    return this.#pullApi.pull({
      queue,
      queueOffset,
      subscription,
      tagsNow: () => (this.#subscriptions.get(queue.topic) ?? subscription).tagsSet,
      messageCountMax: pullBatchSize,
      bodyBytesMax: pullBatchBytes,
      sysFlag: PullSysFlag.SUSPEND | PullSysFlag.SUBSCRIPTION | PullSysFlag.LITE_PULL_MESSAGE,
      commitOffset: null,
      suspendTimeoutMillis: BROKER_SUSPEND_MILLIS_MAX,
      timeoutMillis: PULL_TIMEOUT_MILLIS,
      signal,
    });
  }

  #topics(): string[] {
    return [...new Set([...this.#subscriptions.keys(), ...(this.#assigned ?? []).map(({ topic }) => topic)])];
  }

  #registration(): RegisteredConsumer {
    return {
      group: this.group,
      subscribedTopics: () => this.#topics(),
      consumerData: () => ({
        groupName: this.group,
        consumeType: ConsumeType.CONSUME_ACTIVELY,
        messageModel: 'CLUSTERING',
        consumeFromWhere: this.#settings.consumeFromWhere,
        subscriptionDataSet: [...this.#subscriptions.values()],
        unitMode: false,
      }),
      wakeRebalance: () => this.#rebalanceTask.wake(),
      resetOffsets: async (topic, offsets) => {
        for (const [queue, queueOffset] of offsets) {
          if (queue.topic === topic && this.#processQueues.has(queue)) this.#moveTo(queue, queueOffset);
        }
      },
      consumerStatus: (topic) => this.#offsetStore.offsets.entries(topic),
      runningInfo: async () =>
        runningInfo({
          consumeType: ConsumeType.CONSUME_ACTIVELY,
          nameServers: this.#use.instance.nameServers.addresses,
          consumeConcurrency: 0,
          startTimestamp: this.#startTimestamp,
          subscriptions: [...this.#subscriptions.values()],
          processQueues: this.#processQueues,
          offsets: this.#offsetStore.offsets,
          statistics: this.#statistics,
        }),
      consumeDirectly: async () => ({
        order: false,
        autoCommit: true,
        consumeResult: 'CR_THROW_EXCEPTION',
        remark: 'a pull consumer has no handler',
        spentTimeMills: 0,
      }),
    };
  }

  #requireRunning(): void {
    if (this.#state === 'running') return;
    throw new MqError(
      MqErrorCode.NOT_RUNNING,
      `the consumer of group ${this.group} is ${this.#state}, not running`,
    );
  }
}

const ADVICE = { advice: 'Use either subscribe() or assign()' };
