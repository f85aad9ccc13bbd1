/** Every bound of a {@link RemotingServer}, by name. */
export interface RemotingServerLimits {
  /** A whole frame, length word included, bytes. Apache RocketMQ: com.rocketmq.remoting.frameMaxLength. */
  readonly frameLengthMax: number;
  /** Connections beyond are closed as soon as they are accepted. */
  readonly connectionsMax: number;
  /** Request bytes that handlers of one connection work on; above, reading pauses until half of it is done. */
  readonly inFlightBytesMax: number;
  /** The same over all connections. */
  readonly inFlightBytesTotalMax: number;
  /** Bytes of frames that have begun to arrive, over all connections; the connection that goes beyond is closed. */
  readonly partialFrameBytesTotalMax: number;
  /** Response bytes one peer has not taken; above, its requests are not read. */
  readonly unsentBytesPause: number;
  /** Above this for {@link unsentGraceMillis}, or above twice this, the connection is closed. */
  readonly unsentBytesMax: number;
  readonly unsentGraceMillis: number;
  /** Requests to one peer that wait for its answer. */
  readonly pendingCallsMax: number;
  /** Closed after this long without a read and without a write. Apache RocketMQ: serverChannelMaxIdleTimeSeconds. */
  readonly idleMillisMax: number;
}

export const remotingServerLimits: RemotingServerLimits = {
  frameLengthMax: 16 * 1024 * 1024,
  connectionsMax: 65_536,
  inFlightBytesMax: 32 * 1024 * 1024,
  inFlightBytesTotalMax: 256 * 1024 * 1024,
  partialFrameBytesTotalMax: 512 * 1024 * 1024,
  unsentBytesPause: 1024 * 1024,
  unsentBytesMax: 64 * 1024 * 1024,
  unsentGraceMillis: 10_000,
  pendingCallsMax: 4096,
  idleMillisMax: 120_000,
};
