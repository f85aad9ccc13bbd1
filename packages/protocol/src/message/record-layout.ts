/** First byte of each field of a record with IPv4 hosts; docs/formats/record.md draws it. */
export const RecordOffset = {
  TOTAL_SIZE: 0,
  MAGIC: 4,
  BODY_CRC: 8,
  QUEUE_ID: 12,
  FLAG: 16,
  QUEUE_OFFSET: 20,
  COMMIT_LOG_OFFSET: 28,
  SYS_FLAG: 36,
  BORN_TIMESTAMP: 40,
  BORN_HOST: 48,
} as const;

/** Topic length in one byte. */
export const MESSAGE_MAGIC_V1 = -626_843_481;
/** Topic length in two bytes. */
export const MESSAGE_MAGIC_V2 = -626_843_477;
/** Longest topic in bytes that a V1 record can name. */
export const TOPIC_LENGTH_MAX_V1 = 127;
export const PROPERTIES_LENGTH_MAX = 32_767;

/** A record with IPv4 hosts and nothing in body, topic and properties. */
export const RECORD_LENGTH_MIN = 91;

/** `__CRC32#`, 0x01, ten digits, 0x02: the last bytes of a record that carries its own checksum. */
export const CRC_PROPERTY_LENGTH = 20;
