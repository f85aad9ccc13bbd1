import { JSON_DEPTH_MAX } from './json-depth.ts';
import { JsonError } from './json-error.ts';

// fastjson writes an object that it meets for the second time as {"$ref":"$.path.to.the.first"}.

const REFERENCE = '$ref';
const STEP = /\.((?:\\.|[^.[\\])+)|\[(\d+)\]/y;

/** Whether a text can hold references at all. */
export function mayHoldReferences(text: string): boolean {
  return text.includes(`"${REFERENCE}"`);
}

/**
 * Puts the object that is meant in the place of each reference. A reference to something that itself holds references is
 * refused: a few of them, nested, would stand for more objects than memory holds.
 *
 * @throws JsonError
 */
export function resolveReferences(root: unknown): unknown {
  const targets = new ReferenceTargets(root);
  let depth = 0;
  const resolve = (value: unknown): unknown => {
    const path = referenceOf(value);
    if (path !== null) return targets.at(path);
    depth += 1;
    // JSON.parse, which may have read the text, goes deeper than functions can call each other.
    if (depth > JSON_DEPTH_MAX) throw tooDeep();
    const copy = mapChildren(value, resolve);
    depth -= 1;
    return copy;
  };
  return resolve(root);
}

function referenceOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map)
    return null;
  const path = (value as Record<string, unknown>)[REFERENCE];
  return typeof path === 'string' && Object.keys(value).length === 1 ? path : null;
}

/** A copy: the tree stays as it was read, so that whether a target holds references can still be told. */
function mapChildren(value: unknown, map: (child: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(map);
  if (value instanceof Map) return new Map([...value].map(([key, child]) => [key, map(child)]));
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, map(child)]));
}

/** What references point at. Remembers what it has looked through, so that many references cost no more than one. */
class ReferenceTargets {
  readonly #root: unknown;
  readonly #found = new Map<string, unknown>();
  readonly #withoutReferences = new Set<unknown>();
  readonly #byJavaText = new Map<unknown, Map<string, unknown>>();

  constructor(root: unknown) {
    this.#root = root;
  }

  at(path: string): unknown {
    if (!this.#found.has(path)) this.#found.set(path, this.#find(path));
    return this.#found.get(path);
  }

  #find(path: string): unknown {
    if (!path.startsWith('$')) throw unresolved(path, 'a path from the root, "$…"');
    STEP.lastIndex = 1;
    let value = this.#root;
    while (STEP.lastIndex < path.length) {
      const step = STEP.exec(path);
      if (step === null) throw unresolved(path, 'steps such as ".name" or "[0]"');
      const at = STEP.lastIndex;
      value = this.#child(value, step[1]?.replaceAll(/\\(.)/g, '$1') ?? step[2] ?? '');
      if (value === undefined) throw unresolved(path, `something at ${path.slice(0, at)}`);
    }
    if (this.#holdsReference(value, 1)) throw unresolved(path, 'an object without references of its own');
    return value;
  }

  #child(value: unknown, name: string): unknown {
    if (value instanceof Map) {
      const known = this.#byJavaText.get(value);
      const children = known ?? new Map([...value].map(([key, child]) => [javaText(key), child]));
      if (known === undefined) this.#byJavaText.set(value, children);
      return children.get(name);
    }
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    return (value as Record<string, unknown>)[name];
  }

  #holdsReference(value: unknown, depth: number): boolean {
    if (typeof value !== 'object' || value === null || this.#withoutReferences.has(value)) return false;
    if (depth > JSON_DEPTH_MAX) throw tooDeep();
    if (referenceOf(value) !== null) return true;
    const children: unknown[] = value instanceof Map ? [...value.values()] : Object.values(value);
    if (children.some((child) => this.#holdsReference(child, depth + 1))) return true;
    this.#withoutReferences.add(value);
    return false;
  }
}

/** Java's `toString` of the one class that is a key anywhere. */
function javaText(key: unknown): string {
  const { topic, brokerName, queueId } = key as Record<string, unknown>;
  return `MessageQueue [topic=${String(topic)}, brokerName=${String(brokerName)}, queueId=${String(queueId)}]`;
}

function tooDeep(): JsonError {
  return new JsonError('a text with references', 'more', `at most ${JSON_DEPTH_MAX} levels of nesting`);
}

function unresolved(path: string, expected: string): JsonError {
  return new JsonError('a reference', JSON.stringify(path.slice(0, 100)), expected);
}
