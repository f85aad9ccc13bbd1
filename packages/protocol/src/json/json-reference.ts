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
  const resolved = new Map<string, unknown>();
  let depth = 0;
  const resolve = (value: unknown): unknown => {
    const path = referenceOf(value);
    if (path === null) {
      depth += 1;
      // JSON.parse, which may have read the text, goes deeper than functions can call each other.
      if (depth > JSON_DEPTH_MAX) throw tooDeep();
      const copy = mapChildren(value, resolve);
      depth -= 1;
      return copy;
    }
    if (!resolved.has(path)) resolved.set(path, targetOf(root, path));
    return resolved.get(path);
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

function targetOf(root: unknown, path: string): unknown {
  if (!path.startsWith('$')) throw unresolved(path, 'a path from the root, "$…"');
  STEP.lastIndex = 1;
  let value = root;
  while (STEP.lastIndex < path.length) {
    const step = STEP.exec(path);
    if (step === null) throw unresolved(path, 'steps such as ".name" or "[0]"');
    const name = step[1]?.replaceAll(/\\(.)/g, '$1') ?? step[2] ?? '';
    const at = STEP.lastIndex;
    value = childOf(value, name);
    if (value === undefined) throw unresolved(path, `something at ${path.slice(0, at)}`);
  }
  if (holdsReference(value, 1)) throw unresolved(path, 'an object without references of its own');
  return value;
}

function childOf(value: unknown, name: string): unknown {
  if (value instanceof Map) return [...value].find(([key]) => javaText(key) === name)?.[1];
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** Java's `toString` of the one class that is a key anywhere. */
function javaText(key: unknown): string {
  const { topic, brokerName, queueId } = key as Record<string, unknown>;
  return `MessageQueue [topic=${String(topic)}, brokerName=${String(brokerName)}, queueId=${String(queueId)}]`;
}

function holdsReference(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth > JSON_DEPTH_MAX) throw tooDeep();
  if (referenceOf(value) !== null) return true;
  const children: unknown[] = value instanceof Map ? [...value.values()] : Object.values(value);
  return children.some((child) => holdsReference(child, depth + 1));
}

function tooDeep(): JsonError {
  return new JsonError('a text with references', 'more', `at most ${JSON_DEPTH_MAX} levels of nesting`);
}

function unresolved(path: string, expected: string): JsonError {
  return new JsonError('a reference', JSON.stringify(path.slice(0, 100)), expected);
}
