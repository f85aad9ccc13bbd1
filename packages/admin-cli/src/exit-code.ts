/** How a command ends. */
export const ExitCode = {
  SUCCESS: 0,
  /** The cluster could not do it, or could not be reached. */
  FAILURE: 1,
  /** What was asked makes no sense. */
  USAGE: 2,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
