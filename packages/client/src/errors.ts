/** What went wrong, for programs; the message and `advice` are for people. */
export const MqErrorCode = {
  /** The arguments cannot work, whatever the cluster does. */
  INVALID_ARGUMENT: 'INVALID_ARGUMENT',
  /** The message breaks a rule of RocketMQ's: nothing was sent. */
  MESSAGE_ILLEGAL: 'MESSAGE_ILLEGAL',
  /** `start()` was not called, or `close()` was. */
  NOT_RUNNING: 'NOT_RUNNING',
  /** The name servers know no route of the topic, and it cannot be created by sending. */
  TOPIC_NOT_FOUND: 'TOPIC_NOT_FOUND',
  /** No broker of the route can be addressed. */
  BROKER_NOT_FOUND: 'BROKER_NOT_FOUND',
  /** No name server answered. */
  NAME_SERVER_UNAVAILABLE: 'NAME_SERVER_UNAVAILABLE',
  /** No connection came about: the request was not sent. */
  CONNECT_FAILED: 'CONNECT_FAILED',
  /** No answer in time: the peer may have acted on the request. */
  TIMED_OUT: 'TIMED_OUT',
  /** The connection broke before the answer: the peer may have acted on the request. */
  CONNECTION_LOST: 'CONNECTION_LOST',
  /** A limit of this client was reached: nothing was sent. */
  TOO_MANY_REQUESTS: 'TOO_MANY_REQUESTS',
  /** The peer answered with an error: see `response`. */
  RESPONSE_ERROR: 'RESPONSE_ERROR',
  /** The peer's answer could not be read. */
  RESPONSE_MALFORMED: 'RESPONSE_MALFORMED',
  /** The local offset file could not be read or written. */
  OFFSET_FILE: 'OFFSET_FILE',
} as const;
export type MqErrorCode = (typeof MqErrorCode)[keyof typeof MqErrorCode];

/** What a broker or name server answered instead of success. */
export interface ErrorResponse {
  /** As in `ResponseCode`. */
  readonly code: number;
  readonly remark: string;
}

export interface MqErrorDetails {
  /** The peer, `host:port`. */
  readonly address?: string;
  readonly response?: ErrorResponse;
  /** What the caller can do. */
  readonly advice?: string;
  readonly cause?: unknown;
}

/** Every failure that this client reports. Apache RocketMQ: MQClientException, MQBrokerException. */
export class MqError extends Error {
  override readonly name: string = 'MqError';
  readonly code: MqErrorCode;
  readonly address: string | null;
  readonly response: ErrorResponse | null;
  readonly advice: string | null;

  constructor(code: MqErrorCode, message: string, details: MqErrorDetails = {}) {
    const text = details.advice === undefined ? message : `${message}. ${details.advice}`;
    super(text, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.address = details.address ?? null;
    this.response = details.response ?? null;
    this.advice = details.advice ?? null;
  }

  /** The response code, when a broker or name server answered with one. */
  get responseCode(): number | null {
    return this.response?.code ?? null;
  }
}
