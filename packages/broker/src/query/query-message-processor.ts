import {
  QueryMessageRequestHeader,
  QueryMessageResponseHeader,
  type RemotingCommand,
  ResponseCode,
  ViewMessageRequestHeader,
  responseTo,
} from '@centaurmq/protocol';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { MessageStore } from '../store/message-store.ts';

/** Messages of one query; Java's maxMsgsNumBatch. */
const MESSAGES_PER_QUERY_MAX = 64;
/** Records of one answer, below what a frame may have. */
const RECORD_BYTES_PER_QUERY_MAX = 15 * 1024 * 1024;
/** In a stored record. */
const STORE_TIMESTAMP_AT_IPV4 = 56;
const SYS_FLAG_AT = 36;
const BORN_HOST_IPV6_FLAG = 0x10;
const IPV6_EXTRA_BYTES = 12;

/** Messages by key (12) and by their place in the log (33), as in Java's QueryMessageProcessor. */
export class QueryMessageProcessor {
  readonly #config: Pick<BrokerConfig, 'defaultQueryMaxNum'>;
  readonly #store: Pick<MessageStore, 'queryIndex' | 'lookup'>;

  constructor(
    config: Pick<BrokerConfig, 'defaultQueryMaxNum'>,
    store: Pick<MessageStore, 'queryIndex' | 'lookup'>,
  ) {
    this.#config = config;
    this.#store = store;
  }

  /** The client compares keys: the index knows hashes only. */
  readonly queryMessage = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { topic, key, maxNum, beginTimestamp, endTimestamp, uniqueKeyQuery } =
      QueryMessageRequestHeader.decode(request.extFields);
    const wantedCount = uniqueKeyQuery ? this.#config.defaultQueryMaxNum : maxNum;
    const commitLogOffsets = await this.#store.queryIndex({
      topic,
      key,
      messageCountMax: Math.max(1, Math.min(wantedCount, MESSAGES_PER_QUERY_MAX)),
      beginTimestamp,
      endTimestamp,
    });
    const records = this.#records(commitLogOffsets.toSorted((one, other) => one - other));
    const newest = records.at(-1);
    const extFields = QueryMessageResponseHeader.encode({
      indexLastUpdateTimestamp: newest === undefined ? 0 : storeTimestampOf(newest.record),
      indexLastUpdatePhyoffset: newest?.commitLogOffset ?? 0,
    });
    if (newest === undefined) {
      const remark = 'can not find message, maybe time range not correct';
      return responseTo(request, ResponseCode.QUERY_NOT_FOUND, { remark, extFields });
    }
    const body = Buffer.concat(records.map(({ record }) => record));
    return responseTo(request, ResponseCode.SUCCESS, { extFields, body });
  };

  readonly viewMessageById = (request: RemotingCommand): RemotingCommand => {
    const { offset } = ViewMessageRequestHeader.decode(request.extFields);
    const record = offset < 0 ? null : this.#store.lookup(offset);
    if (record === null) {
      const remark = `can not find message by the offset, ${offset}`;
      return responseTo(request, ResponseCode.SYSTEM_ERROR, { remark });
    }
    return responseTo(request, ResponseCode.SUCCESS, { body: record });
  };

  #records(commitLogOffsets: readonly number[]): { commitLogOffset: number; record: Buffer }[] {
    const records: { commitLogOffset: number; record: Buffer }[] = [];
    let recordBytes = 0;
    for (const commitLogOffset of commitLogOffsets) {
      const record = this.#store.lookup(commitLogOffset);
      if (record === null) continue;
      recordBytes += record.length;
      if (recordBytes > RECORD_BYTES_PER_QUERY_MAX) break;
      records.push({ commitLogOffset, record });
    }
    return records;
  }
}

function storeTimestampOf(record: Buffer): number {
  const ipv6 = (record.readInt32BE(SYS_FLAG_AT) & BORN_HOST_IPV6_FLAG) !== 0;
  return Number(record.readBigInt64BE(STORE_TIMESTAMP_AT_IPV4 + (ipv6 ? IPV6_EXTRA_BYTES : 0)));
}
