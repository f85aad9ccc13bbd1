/** Every bound of a {@link RemotingClient}, by name; each counts per address. */
export interface RemotingClientLimits {
  /** A whole frame, length word included, bytes. */
  readonly frameLengthMax: number;
  /** Apache RocketMQ: connectTimeoutMillis. */
  readonly connectTimeoutMillis: number;
  /** Calls that wait for a connection, for room to write, or for their answer. Apache RocketMQ: clientAsyncSemaphoreValue. */
  readonly pendingCallsMax: number;
  /** Request bytes the peer has not taken; above, calls wait for room. */
  readonly unsentBytesPause: number;
  /** Bytes of the peer's own requests that handlers work on; above, reading pauses. */
  readonly inFlightBytesMax: number;
  /** Closed after this long without a read and without a write. Apache RocketMQ: clientChannelMaxIdleTimeSeconds. */
  readonly idleMillisMax: number;
  /** A call timed out and the peer has been silent this long although it owed an answer: the connection is taken for dead. */
  readonly silentMillisMax: number;
}

export const remotingClientLimits: RemotingClientLimits = {
  frameLengthMax: 16 * 1024 * 1024,
  connectTimeoutMillis: 3_000,
  pendingCallsMax: 65_535,
  unsentBytesPause: 4 * 1024 * 1024,
  inFlightBytesMax: 32 * 1024 * 1024,
  idleMillisMax: 120_000,
  silentMillisMax: 3_000,
};
