import { parseLines, stringify } from 'dot-properties';

/** The entries of a Java properties file, in its order; comments and empty lines left out. */
export function parseProperties(text: string): (readonly [string, string])[] {
  return parseLines(text).flatMap((line) =>
    typeof line === 'string' ? [] : [[line[0] ?? '', line[1] ?? ''] as const],
  );
}

/** `key=value` lines as Java's tools read them. */
export function writeProperties(entries: Iterable<readonly [string, string]>): string {
  const lines = [...entries].map(([key, value]) => [key, value]);
  return `${stringify(lines, { keySep: '=', lineWidth: null })}\n`;
}
