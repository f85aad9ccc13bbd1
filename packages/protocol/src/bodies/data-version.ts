import { type Body, defineBody } from './define-body.ts';

/** Which state of a table somebody has: it changes with every change of the table. */
export interface DataVersion {
  readonly counter: number;
  readonly stateVersion: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}
export const DataVersion: Body<DataVersion> = defineBody('DataVersion', (json) => ({
  counter: json.numberOf('counter'),
  stateVersion: json.numberOf('stateVersion'),
  timestamp: json.numberOf('timestamp'),
}));

/** A table's first version. */
export function initialDataVersion(now: number): DataVersion {
  return { counter: 0, stateVersion: 0, timestamp: now };
}

/** The version after a change. */
export function nextDataVersion(version: DataVersion, now: number, stateVersion: number = 0): DataVersion {
  return { counter: version.counter + 1, stateVersion, timestamp: now };
}

export function isSameDataVersion(left: DataVersion, right: DataVersion): boolean {
  return (
    left.counter === right.counter &&
    left.stateVersion === right.stateVersion &&
    left.timestamp === right.timestamp
  );
}
