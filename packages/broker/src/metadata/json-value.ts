/** Reads members of a JSON value that somebody else wrote; every complaint names the member. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function jsonObject(value: unknown, where: string): JsonObject {
  if (!isJsonObject(value)) throw new TypeError(`${where}: expected an object, found ${shown(value)}`);
  return value;
}

export function jsonInteger(value: unknown, where: string, fallback?: number): number {
  if (value === undefined && fallback !== undefined) return fallback;
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new TypeError(`${where}: expected a whole number, found ${shown(value)}`);
  return value;
}

export function jsonBoolean(value: unknown, where: string, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean')
    throw new TypeError(`${where}: expected true or false, found ${shown(value)}`);
  return value;
}

export function jsonText(value: unknown, where: string, fallback?: string): string {
  if (value === undefined && fallback !== undefined) return fallback;
  if (typeof value !== 'string') throw new TypeError(`${where}: expected a text, found ${shown(value)}`);
  return value;
}

const SHOWN_LENGTH_MAX = 80;

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, SHOWN_LENGTH_MAX);
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
