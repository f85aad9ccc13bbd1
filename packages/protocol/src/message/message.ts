/** An IP literal without brackets, and a port. */
export interface HostAddress {
  readonly host: string;
  readonly port: number;
}

/** A message as its producer has it. */
export interface Message {
  topic: string;
  /** The user's own 32 bits; the broker only stores them. */
  flag: number;
  properties: Map<string, string>;
  body: Uint8Array;
}

/** A message as the commit log has it, and as a pull delivers it. */
export interface StoredMessage extends Message {
  /** Bytes of the whole record. */
  storeSize: number;
  /** CRC-32 of the stored body without its top bit. */
  bodyCrc: number;
  queueId: number;
  /** Number of the message in its queue. */
  queueOffset: number;
  /** Byte position of the record in the commit log. */
  commitLogOffset: number;
  /** Bits of {@link MessageSysFlag}. */
  sysFlag: number;
  /** Milliseconds since the epoch, by the producer's clock. */
  bornTimestamp: number;
  bornHost: HostAddress;
  /** Milliseconds since the epoch, by the broker's clock. */
  storeTimestamp: number;
  storeHost: HostAddress;
  reconsumeTimes: number;
  /** Commit log offset of the half message, or 0. */
  preparedTransactionOffset: number;
}
