/** What one attribute of a topic accepts (Java: TopicAttributes); `ack.level` is ours. */
interface TopicAttribute {
  /** May be changed after the topic exists. */
  readonly changeable: boolean;
  readonly values: readonly string[] | 'millis';
}

export const ACK_LEVEL_ATTRIBUTE = 'ack.level';

const topicAttributes: Readonly<Record<string, TopicAttribute>> = {
  'queue.type': { changeable: false, values: ['SimpleCQ'] },
  'cleanup.policy': { changeable: false, values: ['DELETE'] },
  'message.type': {
    changeable: true,
    values: ['UNSPECIFIED', 'NORMAL', 'FIFO', 'DELAY', 'TRANSACTION', 'MIXED'],
  },
  'reserve.time': { changeable: true, values: 'millis' },
  [ACK_LEVEL_ATTRIBUTE]: { changeable: true, values: ['os', 'fsync'] },
};

/** An alteration of attributes that cannot be done. */
export class TopicAttributeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TopicAttributeError';
  }
}

/**
 * Applies `+key=value` and `-key` alterations to the stored attributes (null: the topic is being created).
 * @throws TopicAttributeError for an unknown or doubled key, a value that is not accepted, or a change that is not allowed
 */
export function decideTopicAttributes(
  current: ReadonlyMap<string, string> | null,
  alterations: ReadonlyMap<string, string>,
): Map<string, string> {
  const result = new Map(current);
  const seen = new Set<string>();
  for (const [signedKey, value] of alterations) {
    const sign = signedKey.charAt(0);
    const key = signedKey.slice(1);
    const attribute = Object.hasOwn(topicAttributes, key) ? topicAttributes[key] : undefined;
    if (sign !== '+' && sign !== '-')
      throw new TopicAttributeError(`wrong format key: ${signedKey}, expected +key=value or -key`);
    if (attribute === undefined)
      throw new TopicAttributeError(
        `unsupported key: ${key}, expected one of ${Object.keys(topicAttributes).join(', ')}`,
      );
    if (seen.has(key)) throw new TopicAttributeError(`alter duplication key. key: ${key}`);
    seen.add(key);
    if (current !== null && !attribute.changeable)
      throw new TopicAttributeError(`attempt to update an unchangeable attribute. key: ${key}`);
    if (sign === '+') {
      verify(key, attribute, value);
      result.set(key, value);
    } else if (!result.delete(key))
      throw new TopicAttributeError(`attempt to delete a nonexistent key: ${key}`);
  }
  return result;
}

function verify(key: string, attribute: TopicAttribute, value: string): void {
  if (attribute.values === 'millis') {
    const millis = Number(value);
    if (!/^-?\d{1,19}$/.test(value) || millis < -1)
      throw new TopicAttributeError(`${key}: expected milliseconds of at least -1, found ${value}`);
  } else if (!attribute.values.includes(value))
    throw new TopicAttributeError(`${key}: expected one of ${attribute.values.join(', ')}, found ${value}`);
}

/** Reads the wire's `+a=1,+b=2,-c` (Java: AttributeParser). @throws TopicAttributeError */
export function parseTopicAttributes(text: string | undefined): Map<string, string> {
  const alterations = new Map<string, string>();
  if (text === undefined || text.trim() === '') return alterations;
  for (const part of text.split(',')) {
    const [key = '', value, ...rest] = part.split('=');
    const wellFormed = value === undefined ? key.startsWith('-') : key.startsWith('+');
    if (!wellFormed || rest.length > 0 || key.length < 2)
      throw new TopicAttributeError(
        `the attribute ${JSON.stringify(part)} is malformed, expected +key=value or -key`,
      );
    if (alterations.has(key)) throw new TopicAttributeError(`alter duplication key. key: ${key}`);
    alterations.set(key, value ?? '');
  }
  return alterations;
}
