import {
  PullSysFlag,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  isOneway,
  responseTo,
} from '@centaurmq/protocol';
import type { Clock, Connection, RequestContext } from '@centaurmq/remoting';
import type { ConsumerGroupInfo } from '../client/consumer-group-info.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { PullRequestHoldService, WakeReason } from '../long-polling/pull-request-hold-service.ts';
import type { ConsumerOffsetManager } from '../offset/consumer-offset-manager.ts';
import type { GetMessageRequest, MessageStore } from '../store/message-store.ts';
import type { SubscriptionGroupConfig } from '../subscription/subscription-group-config.ts';
import type { TopicConfig } from '../topic/topic-config.ts';
import type { ColdReads } from './cold-reads.ts';
import { type PullAdmission, decidePull } from './decide-pull.ts';
import type { PullOutput } from './pull-output.ts';
import { type PullRequest, decodePullRequest } from './pull-request.ts';
import { type PullOutcome, pullResponse, pullResponseCode, refusedPull } from './pull-response.ts';

export interface PullGroups {
  find(group: string): SubscriptionGroupConfig | undefined;
  findSubscriptionGroupConfig(group: string): Promise<SubscriptionGroupConfig | null>;
  isReadForbidden(group: string, topic: string): boolean;
}

export interface PullStatistics {
  /** Messages answered to a pull. */
  groupGot(group: string, topic: string, got: { count: number; bytes: number }): void;
  /** A pull that found nothing. */
  missed(): void;
}

export interface PullMessageProcessorOptions {
  readonly config: Pick<
    BrokerConfig,
    | 'brokerIP1'
    | 'brokerPermission'
    | 'litePullMessageEnable'
    | 'longPollingEnable'
    | 'shortPollingTimeMills'
    | 'useServerSideResetOffset'
    | 'maxTransferBytesOnMessageInMemory'
    | 'maxTransferCountOnMessageInMemory'
  >;
  readonly topics: { find(topic: string): TopicConfig | undefined };
  readonly groups: PullGroups;
  readonly consumers: { getConsumerGroupInfo(group: string): ConsumerGroupInfo | undefined };
  readonly store: Pick<MessageStore, 'minOffset' | 'maxOffset'>;
  readonly output: PullOutput;
  readonly coldReads: ColdReads;
  readonly offsets: ConsumerOffsetManager;
  readonly holds: PullRequestHoldService;
  readonly statistics: PullStatistics;
  readonly clock: Clock;
  /** Writes a late answer. */
  readonly respond: (connection: Connection, request: RemotingCommand, response: RemotingCommand) => void;
}

/** A pull held longer than this is answered: no client waits so long. */
const SUSPEND_TIMEOUT_MILLIS_MAX = 3_600_000;

/** One pull, from its arrival to its answer. */
interface Pulling {
  readonly request: RemotingCommand;
  readonly connection: Connection;
  readonly pull: PullRequest;
  readonly group: SubscriptionGroupConfig | null;
  /** Where to look next: the request's offset, later what has been looked at already. */
  readonly queueOffset: number;
  /** On the monotonic clock; null while the pull has not been held. */
  readonly deadlineMillis: number | null;
  /** The disk has been read for it. */
  readonly isWarm: boolean;
}

/** Pulls (11, 361), held while there is nothing (Java: PullMessageProcessor, DefaultPullMessageResultHandler). */
export class PullMessageProcessor {
  readonly #options: PullMessageProcessorOptions;

  constructor(options: PullMessageProcessorOptions) {
    this.#options = options;
  }

  readonly handle = (
    request: RemotingCommand,
    { connection }: RequestContext,
  ): RemotingCommand | null | Promise<RemotingCommand | null> => {
    const pull = decodePullRequest(request);
    const { queueOffset } = pull;
    const pulling = { request, connection, pull, queueOffset, deadlineMillis: null, isWarm: false };
    const group = this.#options.groups.find(pull.consumerGroup);
    if (group !== undefined) return this.#pull({ ...pulling, group });
    return this.#options.groups
      .findSubscriptionGroupConfig(pull.consumerGroup)
      .then((created) => this.#pull({ ...pulling, group: created }));
  };

  /** Null: answered already, or held. */
  #pull(pulling: Pulling): RemotingCommand | null | Promise<RemotingCommand | null> {
    const { request, pull, group } = pulling;
    const { config, topics, groups, consumers } = this.#options;
    const { admitted, refused } = decidePull(request.code, pull, {
      config,
      group,
      topic: topics.find(pull.topic),
      groupInfo: consumers.getConsumerGroupInfo(pull.consumerGroup),
      isReadForbidden: (group, topic) => groups.isReadForbidden(group, topic),
    });
    if (refused !== null) return refusedPull(request, refused);
    const reset = this.#takeReset(pulling);
    if (reset !== null) return this.#answer(pulling, admitted, reset);
    const wanted = this.#wanted(pulling, admitted);
    // What a held pull waits for has just been written.
    if (pulling.deadlineMillis === null && !pulling.isWarm && this.#options.coldReads.isCold(wanted))
      return this.#pullWarmed(pulling, wanted);
    return this.#read(pulling, admitted, wanted);
  }

  /** The checks run again: much may have happened while the disk was read. */
  #pullWarmed(
    pulling: Pulling,
    wanted: GetMessageRequest,
  ): RemotingCommand | null | Promise<RemotingCommand | null> {
    const warmed = this.#options.coldReads.warmed(wanted);
    if (warmed === null) {
      return responseTo(pulling.request, ResponseCode.SYSTEM_BUSY, {
        remark: '[COLD_READ_FULL]system busy, too many pulls wait for the disk; try again later',
      });
    }
    return warmed.then(() => (pulling.connection.isOpen ? this.#pull({ ...pulling, isWarm: true }) : null));
  }

  #wanted({ pull, queueOffset }: Pulling, { filter }: PullAdmission): GetMessageRequest {
    const { config } = this.#options;
    return {
      topic: pull.topic,
      queueId: pull.queueId,
      queueOffset,
      messageCountMax: Math.max(1, Math.min(pull.maxMsgNums, config.maxTransferCountOnMessageInMemory)),
      recordBytesMax: config.maxTransferBytesOnMessageInMemory,
      tagCodes: filter.tagCodes,
    };
  }

  #takeReset({ pull }: Pulling): PullOutcome | null {
    const { config, offsets, store } = this.#options;
    const { topic, queueId, consumerGroup } = pull;
    const nextBeginOffset = offsets.queryThenEraseResetOffset(topic, consumerGroup, queueId);
    if (nextBeginOffset === null || !config.useServerSideResetOffset) return null;
    const minOffset = store.minOffset(topic, queueId);
    const maxOffset = store.maxOffset(topic, queueId);
    return { status: 'OFFSET_RESET', nextBeginOffset, minOffset, maxOffset };
  }

  #read(pulling: Pulling, admitted: PullAdmission, wanted: GetMessageRequest): RemotingCommand | null {
    const { pull, connection, request } = pulling;
    const { output, statistics } = this.#options;
    const records = output.read(wanted);
    const { result } = records;
    if (result.status !== 'FOUND' || isOneway(request)) {
      records.release();
      statistics.missed();
      return this.#answer(pulling, admitted, this.#withProgress(pulling, result));
    }
    try {
      this.#commitOffsets(pulling, result.nextBeginOffset);
      const got = { count: result.messageCount, bytes: result.recordBytes };
      statistics.groupGot(pull.consumerGroup, pull.topic, got);
      records.send(connection, pullResponse(request, ResponseCode.SUCCESS, result, flagsOf(admitted)));
    } catch (error) {
      records.release();
      throw error;
    }
    return null;
  }

  /** A held pull that has looked at messages which did not match says so, as if it had looked at all of them now. */
  #withProgress(pulling: Pulling, result: PullOutcome): PullOutcome {
    const looked = pulling.queueOffset !== pulling.pull.queueOffset;
    return looked && result.status === 'OFFSET_OVERFLOW_ONE'
      ? { ...result, status: 'NO_MATCHED_MESSAGE' }
      : result;
  }

  #answer(pulling: Pulling, admitted: PullAdmission, outcome: PullOutcome): RemotingCommand | null {
    const { request, pull } = pulling;
    const code = pullResponseCode(outcome.status, pull.queueOffset);
    this.#commitOffsets(pulling, outcome.nextBeginOffset);
    const response = pullResponse(request, code, outcome, flagsOf(admitted));
    if (!this.#mayHold(pulling, code, outcome)) return response;
    const looked = outcome.status === 'NO_MATCHED_MESSAGE';
    if (this.#hold(pulling, looked ? outcome.nextBeginOffset : pulling.queueOffset)) return null;
    return responseTo(request, ResponseCode.SYSTEM_BUSY, {
      remark: '[POLLING_FULL]system busy, too many pulls are held; try again later',
    });
  }

  #mayHold(pulling: Pulling, code: number, outcome: PullOutcome): boolean {
    const { request, pull, deadlineMillis } = pulling;
    if ((pull.sysFlag & PullSysFlag.SUSPEND) === 0 || isOneway(request)) return false;
    if (deadlineMillis === null) return code === ResponseCode.PULL_NOT_FOUND;
    // Woken by messages that do not match: wait for the next ones, unless there is more to look at.
    const nothingNew =
      outcome.nextBeginOffset >= outcome.maxOffset && outcome.nextBeginOffset >= pulling.queueOffset;
    const nothingFound = code === ResponseCode.PULL_NOT_FOUND || outcome.status === 'NO_MATCHED_MESSAGE';
    return nothingFound && nothingNew && deadlineMillis > this.#options.clock.monotonicMillis();
  }

  #hold(pulling: Pulling, pullFromThisOffset: number): boolean {
    const { pull, connection } = pulling;
    const { holds, clock } = this.#options;
    const deadlineMillis = pulling.deadlineMillis ?? clock.monotonicMillis() + this.#suspendMillis(pull);
    const held = { ...pulling, queueOffset: pullFromThisOffset, deadlineMillis };
    return holds.suspend({
      connection,
      topic: pull.topic,
      queueId: pull.queueId,
      pullFromThisOffset,
      deadlineMillis,
      wake: (reason) => this.#wake(held, reason),
    });
  }

  #suspendMillis(pull: PullRequest): number {
    const { longPollingEnable, shortPollingTimeMills } = this.#options.config;
    if (!longPollingEnable) return shortPollingTimeMills;
    return Math.min(Math.max(pull.suspendTimeoutMillis, 0), SUSPEND_TIMEOUT_MILLIS_MAX);
  }

  /** The checks run again: the topic or the subscription may be gone by now. */
  #wake(held: Pulling, reason: WakeReason): void {
    const { groups, clock, respond } = this.#options;
    const deadlineMillis = reason === 'timeout' ? clock.monotonicMillis() : held.deadlineMillis;
    const { request, connection } = held;
    const group = groups.find(held.pull.consumerGroup) ?? null;
    try {
      const response = this.#pull({ ...held, group, deadlineMillis });
      if (response instanceof Promise) throw new Error('a pull that was held has to wait for the disk');
      if (response !== null) respond(connection, request, response);
    } catch (error) {
      // Nobody above would answer: this runs from an arrival or a timer.
      const remark = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      respond(connection, request, responseTo(request, ResponseCode.SYSTEM_ERROR, { remark }));
    }
  }

  /** A pull's progress is always noted; a commit that came along only when the pull is first looked at. */
  #commitOffsets({ pull, deadlineMillis }: Pulling, nextBeginOffset: number): void {
    const { offsets } = this.#options;
    const { consumerGroup, topic, queueId, sysFlag, commitOffset } = pull;
    offsets.commitPullOffset(consumerGroup, topic, queueId, nextBeginOffset);
    if (deadlineMillis === null && (sysFlag & PullSysFlag.COMMIT_OFFSET) !== 0) {
      offsets.commitOffset(consumerGroup, topic, queueId, commitOffset);
    }
  }
}

/** The codes this processor answers; not on the listen − 2 port. */
export const pullMessageCodes: readonly number[] = [RequestCode.PULL_MESSAGE, RequestCode.LITE_PULL_MESSAGE];

function flagsOf({ topic, group }: PullAdmission): { topicSysFlag: number; groupSysFlag: number } {
  return { topicSysFlag: topic.topicSysFlag, groupSysFlag: group.groupSysFlag };
}
