/** Neither a topic nor a group can hold it. */
export const TOPIC_GROUP_SEPARATOR = '@';

/** Keys that are remembered at the same time. */
const KEYS_MAX = 10_000;

/**
 * `topic@group`, Java's key of what concerns a group's reading of a topic. Remembered: a new string for each pull has to be
 * hashed and compared for each table that is asked for it.
 */
export class TopicGroupKeys {
  readonly #keys = new Map<string, Map<string, string>>();
  #count = 0;

  of(topic: string, group: string): string {
    return this.#keys.get(topic)?.get(group) ?? this.#remembered(topic, group);
  }

  #remembered(topic: string, group: string): string {
    if (this.#count >= KEYS_MAX) {
      this.#keys.clear();
      this.#count = 0;
    }
    const key = topic + TOPIC_GROUP_SEPARATOR + group;
    const ofTopic = this.#keys.get(topic) ?? new Map<string, string>();
    this.#keys.set(topic, ofTopic.set(group, key));
    this.#count += 1;
    return key;
  }
}
