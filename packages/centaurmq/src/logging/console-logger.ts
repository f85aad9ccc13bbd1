import type { Logger } from '@centaurmq/remoting';
import { pino } from 'pino';
import pretty from 'pino-pretty';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Fields that may hold an error. */
const ERROR_FIELDS = ['err', 'error', 'cause', 'detail'];

/** Lines for people, on standard error; with `json`, one JSON object per line for machines. Stacks are shown at level debug. */
export function consoleLogger(options: { readonly level: LogLevel; readonly json: boolean }): Logger {
  const { level, json } = options;
  const shown = (value: unknown): unknown => errorFields(value, level === 'debug');
  const serializers = Object.fromEntries(ERROR_FIELDS.map((field) => [field, shown]));
  const settings = { level, base: null, serializers };
  if (json) return pino(settings, pino.destination({ dest: 2, sync: true }));
  return pino(
    settings,
    pretty({
      destination: 2,
      sync: true,
      colorize: process.stderr.isTTY,
      translateTime: 'SYS:HH:MM:ss.l',
      singleLine: true,
      // They are plain objects by now: on the line, like all other fields.
      errorLikeObjectKeys: [],
    }),
  );
}

/** An error as fields of a log line, its causes included; anything else as it is. */
export function errorFields(value: unknown, withStack: boolean): unknown {
  if (!(value instanceof Error)) return value;
  const fields: Record<string, unknown> = { name: value.name, message: value.message };
  if ('code' in value) fields['code'] = value.code;
  if (withStack) fields['stack'] = value.stack;
  if (value.cause !== undefined) fields['cause'] = errorFields(value.cause, withStack);
  return fields;
}
