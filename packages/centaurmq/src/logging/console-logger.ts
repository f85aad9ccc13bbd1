import type { Logger } from '@centaurmq/remoting';
import { pino } from 'pino';
import pretty from 'pino-pretty';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Lines for people, on standard error; with `json`, one JSON object per line for machines. */
export function consoleLogger(options: { readonly level: LogLevel; readonly json: boolean }): Logger {
  const settings = { level: options.level, base: null };
  if (options.json) return pino(settings, pino.destination({ dest: 2, sync: true }));
  return pino(
    settings,
    pretty({
      destination: 2,
      sync: true,
      colorize: process.stderr.isTTY,
      translateTime: 'SYS:HH:MM:ss.l',
      singleLine: true,
    }),
  );
}
