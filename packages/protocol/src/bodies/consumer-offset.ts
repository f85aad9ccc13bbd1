import { DataVersion } from './data-version.ts';
import { type Body, defineBody } from './define-body.ts';
import { MessageQueue } from './message-queue.ts';

type QueueOffsets = ReadonlyMap<MessageQueue, number>;

/** Where consumers shall go on: the body of RESET_CONSUMER_CLIENT_OFFSET and of the answer to 222. */
export interface ResetOffsetBody {
  readonly offsetTable: QueueOffsets;
}
export const ResetOffsetBody: Body<ResetOffsetBody> = defineBody('ResetOffsetBody', (json) => ({
  offsetTable: json.keyedTableOf('offsetTable', MessageQueue.read, (value) => value.number()),
}));

/** Offsets as a client (one table) or the broker on behalf of several clients (a table by client id) tells them. */
export interface GetConsumerStatusBody {
  readonly messageQueueTable: QueueOffsets;
  readonly consumerTable: ReadonlyMap<string, QueueOffsets>;
}
export const GetConsumerStatusBody: Body<GetConsumerStatusBody> = defineBody(
  'GetConsumerStatusBody',
  (json) => ({
    messageQueueTable: json.keyedTableOf('messageQueueTable', MessageQueue.read, (value) => value.number()),
    consumerTable: json.tableOf('consumerTable', (table) =>
      table.keyedTable(MessageQueue.read, (value) => value.number()),
    ),
  }),
);

/** All offsets of a broker, `topic@group` to queue id to offset: consumerOffset.json, and the answer to 43. */
export interface ConsumerOffsetSerializeWrapper {
  readonly dataVersion?: DataVersion | undefined;
  readonly offsetTable: ReadonlyMap<string, ReadonlyMap<number, number>>;
}
export const ConsumerOffsetSerializeWrapper: Body<ConsumerOffsetSerializeWrapper> = defineBody(
  'ConsumerOffsetSerializeWrapper',
  (json) => ({
    dataVersion: json.optionalOf('dataVersion', DataVersion.read),
    offsetTable: json.tableOf('offsetTable', (queues) => numberKeys(queues.table((value) => value.number()))),
  }),
);

/** Answer to QUERY_CORRECTION_OFFSET. */
export interface QueryCorrectionOffsetBody {
  readonly correctionOffsets: ReadonlyMap<number, number>;
}
export const QueryCorrectionOffsetBody: Body<QueryCorrectionOffsetBody> = defineBody(
  'QueryCorrectionOffsetBody',
  (json) => ({ correctionOffsets: numberKeys(json.tableOf('correctionOffsets', (value) => value.number())) }),
);

function numberKeys(table: ReadonlyMap<string, number>): Map<number, number> {
  return new Map([...table].map(([key, value]) => [Number(key), value]));
}

/** Body of LOCK_BATCH_MQ and UNLOCK_BATCH_MQ. */
export interface LockBatchRequestBody {
  readonly clientId: string;
  readonly consumerGroup: string;
  readonly mqSet: readonly MessageQueue[];
  readonly onlyThisBroker: boolean;
}
export const LockBatchRequestBody: Body<LockBatchRequestBody> = defineBody(
  'LockBatchRequestBody',
  (json) => ({
    clientId: json.textOf('clientId'),
    consumerGroup: json.textOf('consumerGroup'),
    mqSet: json.listOf('mqSet', MessageQueue.read),
    onlyThisBroker: json.booleanOf('onlyThisBroker'),
  }),
);

export interface LockBatchResponseBody {
  readonly lockOKMQSet: readonly MessageQueue[];
}
export const LockBatchResponseBody: Body<LockBatchResponseBody> = defineBody(
  'LockBatchResponseBody',
  (json) => ({
    lockOKMQSet: json.listOf('lockOKMQSet', MessageQueue.read),
  }),
);
