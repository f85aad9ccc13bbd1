// The public door of this package.
export { runAdminCommandLine } from './command-line.ts';
export type { AdminEnvironment } from './admin-environment.ts';
export { ExitCode } from './exit-code.ts';
