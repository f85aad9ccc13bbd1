import type { RemotingCommand } from '@centaurmq/protocol';
import { jsonResponse, successResponse } from '../admin/json-response.ts';
import { requestBody } from '../admin/request-body.ts';
import { jsonInteger, jsonObject, jsonText } from '../metadata/json-value.ts';
import type { LockableQueue, RebalanceLockManager } from './rebalance-lock-manager.ts';

const QUEUES_PER_REQUEST_MAX = 65_536;

interface LockBatch {
  readonly consumerGroup: string;
  readonly clientId: string;
  readonly mqSet: readonly LockableQueue[];
}

/** Ordered consumers lock their queues: 41, 42. */
export class LockBatchProcessor {
  readonly #locks: RebalanceLockManager;

  constructor(locks: RebalanceLockManager) {
    this.#locks = locks;
  }

  /** 41 */
  readonly lockBatchMQ = (request: RemotingCommand): RemotingCommand => {
    const { consumerGroup, clientId, mqSet } = requestBody(request, lockBatchOf);
    return jsonResponse(request, { lockOKMQSet: this.#locks.tryLockBatch(consumerGroup, mqSet, clientId) });
  };

  /** 42 */
  readonly unlockBatchMQ = (request: RemotingCommand): RemotingCommand => {
    const { consumerGroup, clientId, mqSet } = requestBody(request, lockBatchOf);
    this.#locks.unlockBatch(consumerGroup, mqSet, clientId);
    return successResponse(request);
  };
}

function lockBatchOf(json: unknown): LockBatch {
  const members = jsonObject(json, 'body');
  const queues = members['mqSet'] ?? [];
  if (!Array.isArray(queues) || queues.length > QUEUES_PER_REQUEST_MAX)
    throw new TypeError(`mqSet: expected a list of at most ${QUEUES_PER_REQUEST_MAX} queues`);
  return {
    consumerGroup: jsonText(members['consumerGroup'], 'consumerGroup'),
    clientId: jsonText(members['clientId'], 'clientId'),
    mqSet: queues.map((queue: unknown) => {
      const { topic, brokerName, queueId } = jsonObject(queue, 'mqSet');
      return {
        topic: jsonText(topic, 'topic'),
        brokerName: jsonText(brokerName, 'brokerName'),
        queueId: jsonInteger(queueId, 'queueId'),
      };
    }),
  };
}
