/** How a command ends. */
export const ExitCode = {
  SUCCESS: 0,
  /** It could not do what was asked. */
  FAILURE: 1,
  /** What was asked makes no sense. */
  USAGE: 2,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Something the person in front of the terminal has to change; shown without a stack. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  /** What to do about it, or null. */
  readonly advice: string | null;

  constructor(message: string, given: { exitCode?: ExitCode; advice?: string; cause?: unknown } = {}) {
    super(message, given.cause === undefined ? undefined : { cause: given.cause });
    this.name = 'CommandError';
    this.exitCode = given.exitCode ?? ExitCode.FAILURE;
    this.advice = given.advice ?? null;
  }
}
