import type { BlockingTasks } from './blocking-tasks.ts';
import type { AckLevel, StoreTopicSpec } from './message-store.ts';
import type { NativeModule } from './native-module.ts';

/** A topic that the engine has, and its number there. */
export interface OpenTopic {
  readonly name: string;
  readonly handle: number;
  readonly ackLevel: AckLevel;
}

interface TopicDeletion {
  readonly done: Promise<void>;
  /** Defined again while its predecessor is being deleted. */
  successor: StoreTopicSpec | null;
}

/** The engine's topics by name and by number. */
export class NativeTopics {
  readonly #native: NativeModule;
  readonly #tasks: BlockingTasks;
  readonly #store: number;
  readonly #byName = new Map<string, OpenTopic>();
  readonly #byHandle = new Map<number, OpenTopic>();
  readonly #deletions = new Map<string, TopicDeletion>();

  constructor(native: NativeModule, tasks: BlockingTasks, store: number) {
    this.#native = native;
    this.#tasks = tasks;
    this.#store = store;
  }

  find(name: string): OpenTopic | undefined {
    return this.#byName.get(name);
  }

  withHandle(handle: number): OpenTopic | undefined {
    return this.#byHandle.get(handle);
  }

  define(spec: StoreTopicSpec): void {
    const deletion = this.#deletions.get(spec.name);
    // Both would work on files of the same names.
    if (deletion === undefined) this.#defineNow(spec);
    else deletion.successor = spec;
  }

  async delete(name: string): Promise<void> {
    const topic = this.#byName.get(name);
    const earlier = this.#deletions.get(name);
    if (earlier !== undefined) earlier.successor = null;
    if (topic === undefined) return earlier?.done;
    this.#byName.delete(name);
    this.#byHandle.delete(topic.handle);
    const deletion: TopicDeletion = {
      successor: null,
      done: this.#tasks.run('deleteTopic', this.#store, topic.handle).finally(() => {
        this.#deletions.delete(name);
        if (deletion.successor !== null) this.#defineNow(deletion.successor);
      }),
    };
    this.#deletions.set(name, deletion);
    await deletion.done;
  }

  async settled(name: string): Promise<void> {
    // Whether it went well is told to whoever deleted.
    await this.#deletions.get(name)?.done.catch(() => undefined);
  }

  #defineNow(spec: StoreTopicSpec): void {
    const handle = this.#native.defineTopic(this.#store, JSON.stringify(spec));
    const topic = { name: spec.name, handle, ackLevel: spec.ackLevel };
    this.#byName.set(spec.name, topic);
    this.#byHandle.set(handle, topic);
  }
}
