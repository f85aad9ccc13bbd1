/**
 * A handler's refusal: becomes a response with this code and remark. Apache RocketMQ: AbortProcessException.
 */
export class RemotingError extends Error {
  /** Response code, as in `ResponseCode`. */
  readonly code: number;
  readonly remark: string;

  constructor(code: number, remark: string, options?: ErrorOptions) {
    super(`response code ${code}: ${remark}`, options);
    this.name = 'RemotingError';
    this.code = code;
    this.remark = remark;
  }
}

/** What every failed call of {@link RemotingClient} knows about itself. */
export interface CallFailure {
  /** The peer, `host:port`. */
  readonly address: string;
  /** From the beginning of the call to its failure. */
  readonly elapsedMillis: number;
  /** The bound that was reached, in the unit of the message; null when none was. */
  readonly limit: number | null;
  readonly cause?: unknown;
}

class RemotingCallError extends Error {
  readonly address: string;
  readonly elapsedMillis: number;
  readonly limit: number | null;

  constructor(message: string, failure: CallFailure) {
    super(message, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.address = failure.address;
    this.elapsedMillis = failure.elapsedMillis;
    this.limit = failure.limit;
  }
}

/** No connection came about. The request was not sent. */
export class RemotingConnectError extends RemotingCallError {
  override readonly name = 'RemotingConnectError';
}

/** No answer in time. The peer may have acted on the request. */
export class RemotingTimeoutError extends RemotingCallError {
  override readonly name = 'RemotingTimeoutError';
}

/** The connection closed before the answer. The peer may have acted on the request. */
export class RemotingSendError extends RemotingCallError {
  override readonly name = 'RemotingSendError';
}

/** A limit of this side was reached. The request was not sent. */
export class RemotingTooMuchRequestError extends RemotingCallError {
  override readonly name = 'RemotingTooMuchRequestError';
}

/** Why a connection was closed by this side: something the peer should not have done. Logged as a warning, unlike an idle close. */
export class PeerFaultError extends Error {
  override readonly name = 'PeerFaultError';
}

export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
