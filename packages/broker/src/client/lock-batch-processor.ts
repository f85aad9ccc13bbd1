import { LockBatchRequestBody, LockBatchResponseBody, type RemotingCommand } from '@centaurmq/protocol';
import { bodyResponse, successResponse } from '../admin/body-response.ts';
import type { RebalanceLockManager } from './rebalance-lock-manager.ts';

/** Ordered consumers lock their queues: 41, 42. */
export class LockBatchProcessor {
  readonly #locks: RebalanceLockManager;

  constructor(locks: RebalanceLockManager) {
    this.#locks = locks;
  }

  /** 41 */
  readonly lockBatchMQ = (request: RemotingCommand): RemotingCommand => {
    const { consumerGroup, clientId, mqSet } = LockBatchRequestBody.decode(request.body);
    const lockOKMQSet = this.#locks.tryLockBatch(consumerGroup, mqSet, clientId);
    return bodyResponse(request, LockBatchResponseBody, { lockOKMQSet });
  };

  /** 42 */
  readonly unlockBatchMQ = (request: RemotingCommand): RemotingCommand => {
    const { consumerGroup, clientId, mqSet } = LockBatchRequestBody.decode(request.body);
    this.#locks.unlockBatch(consumerGroup, mqSet, clientId);
    return successResponse(request);
  };
}
