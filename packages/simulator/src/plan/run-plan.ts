import type { Fault } from './fault.ts';

/** What an acknowledgement promises: the message outlives the process, or a power loss. */
export type AckLevelName = 'os' | 'fsync';

export interface ClusterPlan {
  readonly nameServers: readonly string[];
  readonly brokers: readonly string[];
  /** Names of the processes of producers and consumers. */
  readonly clients: readonly string[];
}

export interface TopicPlan {
  readonly name: string;
  readonly queueNums: number;
  /** When it is created; 0: before anything else. */
  readonly createdAtMillis: number;
  /** When it gets more queues, and how many it has then; null: never. */
  readonly grows: { readonly at: number; readonly queueNums: number } | null;
}

export type SendKind = 'anyQueue' | 'oneQueue' | 'oneway' | 'batch' | 'delayed';

/** How a lane of a producer sends: one message after another. */
export interface LanePlan {
  readonly kind: SendKind;
  /** False: with `WAIT=false`, the producer does not wait for the disk. */
  readonly waitStoreMessageOk: boolean;
}

export interface ProducerPlan {
  readonly name: string;
  readonly lanes: readonly LanePlan[];
  /** Between two sends of a lane. */
  readonly pauseMillisMax: number;
}

export interface GroupPlan {
  readonly name: string;
  readonly kind: 'push' | 'broadcast' | 'lite';
  readonly tagExpression: string;
  readonly members: readonly {
    readonly name: string;
    readonly joinsAtMillis: number;
    readonly leavesAtMillis: number | null;
  }[];
  /** Of one attempt to consume a message. */
  readonly failureProbability: number;
}

/** Everything about a run that is decided before it begins. */
export interface RunPlan extends ClusterPlan {
  readonly seed: number;
  readonly level: AckLevelName;
  readonly topics: readonly TopicPlan[];
  readonly producers: readonly ProducerPlan[];
  readonly groups: readonly GroupPlan[];
  readonly faults: readonly Fault[];
  /** Producers send and things go wrong until then. */
  readonly busyMillis: number;
}

export const tags: readonly [string, ...string[]] = ['A', 'B', 'C'];
