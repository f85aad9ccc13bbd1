/** One topic of a group's subscription, as the heartbeat tells it (Java: SubscriptionData). */
export interface SubscriptionData {
  readonly classFilterMode: boolean;
  readonly topic: string;
  readonly subString: string;
  readonly tagsSet: readonly string[];
  /** Hashes of the tags; empty with `*`. */
  readonly codeSet: readonly number[];
  /** Milliseconds: the newer subscription wins. */
  readonly subVersion: number;
  readonly expressionType: string;
}

export type ConsumeType = 'CONSUME_ACTIVELY' | 'CONSUME_PASSIVELY' | 'CONSUME_POP';
export type MessageModel = 'BROADCASTING' | 'CLUSTERING';
