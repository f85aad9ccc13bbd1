import { ResponseCode } from '@centaurmq/protocol';
import { MqError, MqErrorCode } from '../errors.ts';

/** Answers after which another broker may do better. Apache RocketMQ: DefaultMQProducer.retryResponseCodes. */
export const RETRY_RESPONSE_CODES: ReadonlySet<number> = new Set([
  ResponseCode.TOPIC_NOT_EXIST,
  ResponseCode.SERVICE_NOT_AVAILABLE,
  ResponseCode.SYSTEM_ERROR,
  ResponseCode.SYSTEM_BUSY,
  ResponseCode.NO_PERMISSION,
  ResponseCode.NO_BUYER_ID,
  ResponseCode.NOT_IN_CURRENT_UNIT,
  ResponseCode.GO_AWAY,
]);

const RETRY_ERROR_CODES: ReadonlySet<MqErrorCode> = new Set([
  MqErrorCode.CONNECT_FAILED,
  MqErrorCode.CONNECTION_LOST,
  MqErrorCode.TIMED_OUT,
  MqErrorCode.BROKER_NOT_FOUND,
  MqErrorCode.TOO_MANY_REQUESTS,
]);

export interface FailedAttempt {
  readonly error: unknown;
  /** Attempts so far, this one included. */
  readonly attempts: number;
  readonly attemptsMax: number;
  readonly elapsedMillis: number;
  readonly timeoutMillis: number;
}

export type SendRetryDecision = 'retry' | 'give up';

/** Whether a failed send is tried again. A retry after a timeout may store the message twice: that is at-least-once. */
export function decideSendRetry(attempt: FailedAttempt): SendRetryDecision {
  const { error, attempts, attemptsMax, elapsedMillis, timeoutMillis } = attempt;
  if (attempts >= attemptsMax || elapsedMillis >= timeoutMillis) return 'give up';
  if (!(error instanceof MqError)) return 'give up';
  if (error.code === MqErrorCode.RESPONSE_ERROR) {
    return RETRY_RESPONSE_CODES.has(error.responseCode ?? ResponseCode.SUCCESS) ? 'retry' : 'give up';
  }
  return RETRY_ERROR_CODES.has(error.code) ? 'retry' : 'give up';
}
