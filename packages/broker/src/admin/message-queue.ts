/** A queue as tools name it; as a key of a map it is written inline (fastjson). */
export interface MessageQueue {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
}
