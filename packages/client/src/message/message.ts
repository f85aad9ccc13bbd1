/** A message to send. Apache RocketMQ: Message. */
export interface Message {
  readonly topic: string;
  /** Text is sent as UTF-8. Not empty. */
  readonly body: Uint8Array | string;
  /** One tag, by which consumers filter. */
  readonly tag?: string;
  /** Keys to find the message by. They contain no spaces. */
  readonly keys?: string | readonly string[];
  /** Messages with the same sharding key keep their order when the queue is chosen by it. */
  readonly shardingKey?: string;
  /** Anything else; names and values are not empty, names are not RocketMQ's own. */
  readonly properties?: Readonly<Record<string, string>>;
  /** 32 bits for the application. */
  readonly flag?: number;
  /** 1 – 18 by default: 1 s, 5 s, 10 s, 30 s, 1 – 10 min, 20 min, 30 min, 1 h, 2 h. */
  readonly delayTimeLevel?: number;
  /** Deliver not before this time, in milliseconds since the epoch. */
  readonly deliverTimeMillis?: number;
  /** Wait until the broker has stored the message as safely as its configuration says; true when not given. */
  readonly waitStoreMessageOk?: boolean;
}
