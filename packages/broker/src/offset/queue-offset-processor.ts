import {
  GetEarliestMsgStoretimeRequestHeader,
  GetEarliestMsgStoretimeResponseHeader,
  GetMaxOffsetRequestHeader,
  GetMaxOffsetResponseHeader,
  GetMinOffsetRequestHeader,
  GetMinOffsetResponseHeader,
  type RemotingCommand,
  ResponseCode,
  SearchOffsetRequestHeader,
  SearchOffsetResponseHeader,
  responseTo,
} from '@centaurmq/protocol';
import type { MessageStore } from '../store/message-store.ts';

/** Where queues begin and end: 29 to 32, as in Java's AdminBrokerProcessor. */
export class QueueOffsetProcessor {
  readonly #store: Pick<MessageStore, 'queueState' | 'searchOffset'>;

  constructor(store: Pick<MessageStore, 'queueState' | 'searchOffset'>) {
    this.#store = store;
  }

  readonly searchByTimestamp = (request: RemotingCommand): RemotingCommand => {
    const { topic, queueId, timestamp, boundaryType } = SearchOffsetRequestHeader.decode(request.extFields);
    const boundary = boundaryType === 'UPPER' ? 'upper' : 'lower';
    const offset = this.#store.searchOffset(topic, queueId, timestamp, boundary);
    return success(request, SearchOffsetResponseHeader.encode({ offset }));
  };

  /** One past the newest visible message: right after the last acknowledgement it includes that message. */
  readonly maxOffset = (request: RemotingCommand): RemotingCommand => {
    const { topic, queueId } = GetMaxOffsetRequestHeader.decode(request.extFields);
    const offset = this.#store.queueState(topic, queueId)?.maxOffset ?? 0;
    return success(request, GetMaxOffsetResponseHeader.encode({ offset }));
  };

  readonly minOffset = (request: RemotingCommand): RemotingCommand => {
    const { topic, queueId } = GetMinOffsetRequestHeader.decode(request.extFields);
    const offset = this.#store.queueState(topic, queueId)?.minOffset ?? 0;
    return success(request, GetMinOffsetResponseHeader.encode({ offset }));
  };

  readonly earliestStoreTime = (request: RemotingCommand): RemotingCommand => {
    const { topic, queueId } = GetEarliestMsgStoretimeRequestHeader.decode(request.extFields);
    const timestamp = this.#store.queueState(topic, queueId)?.earliestStoreTimestamp ?? -1;
    return success(request, GetEarliestMsgStoretimeResponseHeader.encode({ timestamp }));
  };
}

function success(request: RemotingCommand, extFields: Record<string, string>): RemotingCommand {
  return responseTo(request, ResponseCode.SUCCESS, { extFields });
}
