import { DataVersion, isSameDataVersion } from '@centaurmq/protocol';

/** What a tool asks for when it reads a table in pages; all absent in old tools. */
export interface PageRequest {
  readonly startIndex: number | undefined;
  /** JSON of the version that the earlier pages had. */
  readonly dataVersion: string | undefined;
  readonly countMax: number | undefined;
}

const PAGE_ENTRIES_MAX = 2000;

/**
 * The entries of one page, sorted by name as Java does: everything when nothing is said about pages, and from the
 * beginning again when the table changed since the last page.
 */
export function decidePage<Value>(
  table: ReadonlyMap<string, Value>,
  current: DataVersion,
  request: PageRequest,
): [string, Value][] {
  const entries = [...table].toSorted(([left], [right]) => (left < right ? -1 : 1));
  if (request.startIndex === undefined || request.countMax === undefined) return entries;
  const start = sameVersion(request.dataVersion, current) ? Math.max(0, request.startIndex) : 0;
  const end = start + Math.max(0, Math.min(request.countMax, PAGE_ENTRIES_MAX));
  // Official tools stop asking when all but one have come: never leave a single one behind.
  return entries.slice(start, end === entries.length - 1 ? entries.length : end);
}

function sameVersion(text: string | undefined, current: DataVersion): boolean {
  if (text === undefined || text.trim() === '') return false;
  try {
    return isSameDataVersion(DataVersion.decode(Buffer.from(text)), current);
  } catch {
    return false;
  }
}
