import type { MessageQueue } from '../message/message-queue.ts';

/**
 * How safely the broker has stored the message. Everything but SEND_OK means: stored, but less safely than the broker's
 * configuration asks for. Apache RocketMQ: SendStatus.
 */
export const SendStatus = {
  SEND_OK: 'SEND_OK',
  FLUSH_DISK_TIMEOUT: 'FLUSH_DISK_TIMEOUT',
  FLUSH_SLAVE_TIMEOUT: 'FLUSH_SLAVE_TIMEOUT',
  SLAVE_NOT_AVAILABLE: 'SLAVE_NOT_AVAILABLE',
} as const;
export type SendStatus = (typeof SendStatus)[keyof typeof SendStatus];

/** What became of one sent message. Apache RocketMQ: SendResult. */
export interface SendResult {
  readonly sendStatus: SendStatus;
  /** The id that this client gave; consumers see the same. */
  readonly messageId: string;
  /** Where the message is stored. */
  readonly offsetMessageId: string;
  readonly queue: MessageQueue;
  readonly queueOffset: number;
  readonly transactionId: string | null;
  /** Cancels a scheduled message, where the broker offers it. */
  readonly recallHandle: string | null;
}
