import type { AckLevelName } from '../plan/run-plan.ts';

/** A queue as messages and offsets name it. */
export interface QueueName {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
}

/** One message that a producer began to send. */
export interface SentMessage {
  /** Unique in the run; the body begins with it. */
  readonly id: string;
  readonly topic: string;
  readonly tag: string;
  readonly body: string;
  /** How long it has to be kept back, in virtual milliseconds; 0: not. */
  readonly delayMillis: number;
  /** False: its producer does not wait for the disk. */
  readonly waitStoreMessageOk: boolean;
}

/** How a server or a client ended. */
export type DeathKind = 'killed' | 'stopped' | 'poisoned' | 'powerLost';

/** `at`: virtual milliseconds since the world began. */
export type HistoryEvent = { readonly at: number } & (
  | { readonly kind: 'sendBegan'; readonly message: SentMessage }
  /** With SEND_OK, at this place. A delayed message is not in its queue yet: the offset is null. */
  | {
      readonly kind: 'sendAcknowledged';
      readonly id: string;
      readonly queue: QueueName;
      readonly queueOffset: number | null;
    }
  | { readonly kind: 'sendFailed'; readonly id: string; readonly reason: string }
  /** Handed to a handler, or returned by a poll. */
  | {
      readonly kind: 'delivered';
      readonly group: string;
      readonly member: string;
      /** Counts the lives of the member's process. */
      readonly life: number;
      /** Where it was read: of a retry topic, too. */
      readonly queue: QueueName;
      readonly queueOffset: number;
      readonly topic: string;
      readonly tag: string | null;
      readonly body: string;
      readonly reconsumeTimes: number;
    }
  /** The handler said that it is done with it. */
  | { readonly kind: 'consumed'; readonly group: string; readonly member: string; readonly id: string }
  | { readonly kind: 'died'; readonly who: string; readonly how: DeathKind }
  | { readonly kind: 'started'; readonly who: string }
  | {
      readonly kind: 'startFailed';
      readonly who: string;
      readonly reason: string;
      /** A fault of its disk was on. */
      readonly diskWasFaulty: boolean;
    }
  /** A broker answered where a queue ends; it was asked at `askedAt`. */
  | {
      readonly kind: 'endObserved';
      readonly askedAt: number;
      readonly queue: QueueName;
      readonly maxOffset: number;
    }
);

export type HistoryEventOf<Kind extends HistoryEvent['kind']> = Extract<
  HistoryEvent,
  { readonly kind: Kind }
>;

/** What stands in the queues when everything is over. */
export interface Audit {
  readonly queues: readonly AuditedQueue[];
  readonly backlogs: readonly GroupBacklog[];
  readonly routes: readonly AuditedRoute[];
  /** Why it could not be made, or could only in part. */
  readonly failures: readonly string[];
}

export interface AuditedQueue {
  readonly queue: QueueName;
  readonly minOffset: number;
  readonly maxOffset: number;
  readonly messages: readonly { readonly queueOffset: number; readonly body: string }[];
}

export interface GroupBacklog {
  readonly group: string;
  readonly queue: QueueName;
  readonly consumerOffset: number;
  readonly maxOffset: number;
}

/** What one name server says about one topic, and what the brokers say. */
export interface AuditedRoute {
  readonly nameServer: string;
  readonly topic: string;
  /** `broker-0: 4 queues`, sorted. */
  readonly found: readonly string[];
  readonly expected: readonly string[];
}

/** What a group owes: every message of these topics whose tag matches. */
export interface GroupDuty {
  readonly group: string;
  readonly kind: 'push' | 'broadcast' | 'lite';
  /** Null: every tag. */
  readonly tags: readonly string[] | null;
  /** Of a broadcasting group: each of them owes everything. */
  readonly members: readonly string[];
}

/** A run that may still go on: its audit comes at the end. */
export interface RunSoFar {
  readonly level: AckLevelName;
  readonly events: readonly HistoryEvent[];
  readonly duties: readonly GroupDuty[];
  readonly audit: Audit | null;
}

/** A whole run, as the checkers see it. */
export interface RecordedRun extends RunSoFar {
  readonly audit: Audit;
}

/** A place in a queue. */
export function placeKey(queue: QueueName, queueOffset: number): string {
  return `${queueKey(queue)}#${queueOffset}`;
}

export function queueKey({ topic, brokerName, queueId }: QueueName): string {
  return `${topic}@${brokerName}:${queueId}`;
}

/** The id that a body begins with; null for a body that no producer of ours made. */
export function idOfBody(body: string): string | null {
  const end = body.indexOf('|');
  return end > 0 ? body.slice(0, end) : null;
}

/** Collects what happens, in order. */
export class History {
  readonly #events: HistoryEvent[] = [];
  readonly #elapsedMillis: () => number;

  constructor(elapsedMillis: () => number) {
    this.#elapsedMillis = elapsedMillis;
  }

  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  add<Kind extends HistoryEvent['kind']>(
    event: Omit<HistoryEventOf<Kind>, 'at'> & { readonly kind: Kind },
  ): void {
    this.#events.push({ ...event, at: this.#elapsedMillis() } as unknown as HistoryEvent);
  }

  of<Kind extends HistoryEvent['kind']>(kind: Kind): HistoryEventOf<Kind>[] {
    return eventsOf(this.#events, kind);
  }
}

export function eventsOf<Kind extends HistoryEvent['kind']>(
  events: readonly HistoryEvent[],
  kind: Kind,
): HistoryEventOf<Kind>[] {
  return events.filter((event): event is HistoryEventOf<Kind> => event.kind === kind);
}
