/** Why the frame behind the consumed bytes cannot be one; the engine's numbers. */
const violations: Partial<Record<number, string>> = {
  1: 'its length is outside 4 to 16777212',
  2: 'its header is longer than the frame',
  3: 'its serialize type is unknown',
};

/** For the log and for whoever sees why a connection was closed. */
export function describeViolation(code: number, consumedBytes: number): string {
  return `at byte ${consumedBytes} of the chunk: ${violations[code] ?? `violation ${code}`}`;
}
