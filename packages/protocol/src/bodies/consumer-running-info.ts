import type { JsonValue } from '../json/json-object.ts';
import { type Body, defineBody } from './define-body.ts';
import { MessageQueue } from './message-queue.ts';
import { SubscriptionData } from './subscription-data.ts';

/** One queue in a consumer's hands. */
export interface ProcessQueueInfo {
  readonly commitOffset: number;
  readonly cachedMsgMinOffset: number;
  readonly cachedMsgMaxOffset: number;
  readonly cachedMsgCount: number;
  readonly cachedMsgSizeInMiB: number;
  readonly transactionMsgMinOffset: number;
  readonly transactionMsgMaxOffset: number;
  readonly transactionMsgCount: number;
  readonly locked: boolean;
  readonly tryUnlockTimes: number;
  readonly lastLockTimestamp: number;
  readonly droped: boolean; // sic
  readonly lastPullTimestamp: number;
  readonly lastConsumeTimestamp: number;
}

export interface PopProcessQueueInfo {
  readonly waitAckCount: number;
  readonly droped: boolean; // sic
  readonly lastPopTimestamp: number;
}

/** Rates per second, round trips in milliseconds. */
export interface ConsumeStatus {
  readonly pullRT: number;
  readonly pullTPS: number;
  readonly consumeRT: number;
  readonly consumeOKTPS: number;
  readonly consumeFailedTPS: number;
  readonly consumeFailedMsgs: number;
}

/** Names in {@link ConsumerRunningInfo.properties}. */
export const ConsumerRunningProperty = {
  PROP_NAMESERVER_ADDR: 'PROP_NAMESERVER_ADDR',
  PROP_THREADPOOL_CORE_SIZE: 'PROP_THREADPOOL_CORE_SIZE',
  PROP_CONSUME_ORDERLY: 'PROP_CONSUMEORDERLY',
  PROP_CONSUME_TYPE: 'PROP_CONSUME_TYPE',
  PROP_CLIENT_VERSION: 'PROP_CLIENT_VERSION',
  PROP_CONSUMER_START_TIMESTAMP: 'PROP_CONSUMER_START_TIMESTAMP',
} as const;

/** What a consumer tells about itself when an administrator asks. */
export interface ConsumerRunningInfo {
  readonly properties: ReadonlyMap<string, string>;
  readonly subscriptionSet: readonly SubscriptionData[];
  readonly mqTable: ReadonlyMap<MessageQueue, ProcessQueueInfo>;
  readonly mqPopTable: ReadonlyMap<MessageQueue, PopProcessQueueInfo>;
  /** By topic. */
  readonly statusTable: ReadonlyMap<string, ConsumeStatus>;
  readonly userConsumerInfo: ReadonlyMap<string, string>;
  readonly jstack?: string | undefined;
}
export const ConsumerRunningInfo: Body<ConsumerRunningInfo> = defineBody('ConsumerRunningInfo', (json) => ({
  properties: json.tableOf('properties', (value) => value.text()),
  subscriptionSet: json.listOf('subscriptionSet', SubscriptionData.read),
  mqTable: json.keyedTableOf('mqTable', MessageQueue.read, readProcessQueueInfo),
  mqPopTable: json.keyedTableOf('mqPopTable', MessageQueue.read, (info) => ({
    waitAckCount: info.numberOf('waitAckCount'),
    droped: info.booleanOf('droped'),
    lastPopTimestamp: info.numberOf('lastPopTimestamp'),
  })),
  statusTable: json.tableOf('statusTable', (status) => ({
    pullRT: status.numberOf('pullRT'),
    pullTPS: status.numberOf('pullTPS'),
    consumeRT: status.numberOf('consumeRT'),
    consumeOKTPS: status.numberOf('consumeOKTPS'),
    consumeFailedTPS: status.numberOf('consumeFailedTPS'),
    consumeFailedMsgs: status.numberOf('consumeFailedMsgs'),
  })),
  userConsumerInfo: json.tableOf('userConsumerInfo', (value) => value.text()),
  jstack: json.optionalTextOf('jstack'),
}));

function readProcessQueueInfo(info: JsonValue): ProcessQueueInfo {
  return {
    commitOffset: info.numberOf('commitOffset'),
    cachedMsgMinOffset: info.numberOf('cachedMsgMinOffset'),
    cachedMsgMaxOffset: info.numberOf('cachedMsgMaxOffset'),
    cachedMsgCount: info.numberOf('cachedMsgCount'),
    cachedMsgSizeInMiB: info.numberOf('cachedMsgSizeInMiB'),
    transactionMsgMinOffset: info.numberOf('transactionMsgMinOffset'),
    transactionMsgMaxOffset: info.numberOf('transactionMsgMaxOffset'),
    transactionMsgCount: info.numberOf('transactionMsgCount'),
    locked: info.booleanOf('locked'),
    tryUnlockTimes: info.numberOf('tryUnlockTimes'),
    lastLockTimestamp: info.numberOf('lastLockTimestamp'),
    droped: info.booleanOf('droped'),
    lastPullTimestamp: info.numberOf('lastPullTimestamp'),
    lastConsumeTimestamp: info.numberOf('lastConsumeTimestamp'),
  };
}

/** How one message fared that an administrator sent to a consumer by hand. */
export interface ConsumeMessageDirectlyResult {
  readonly order: boolean;
  readonly autoCommit: boolean;
  /** CR_SUCCESS, CR_LATER, CR_ROLLBACK, CR_COMMIT, CR_THROW_EXCEPTION or CR_RETURN_NULL. */
  readonly consumeResult: string;
  readonly remark?: string | undefined;
  readonly spentTimeMills: number; // sic
}
export const ConsumeMessageDirectlyResult: Body<ConsumeMessageDirectlyResult> = defineBody(
  'ConsumeMessageDirectlyResult',
  (json) => ({
    order: json.booleanOf('order'),
    autoCommit: json.booleanOf('autoCommit', true),
    consumeResult: json.textOf('consumeResult'),
    remark: json.optionalTextOf('remark'),
    spentTimeMills: json.numberOf('spentTimeMills'),
  }),
);
