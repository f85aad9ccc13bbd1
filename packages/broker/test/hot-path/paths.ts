import type { BrokerKitOptions } from '../broker-kit.ts';

/** The way a frame takes through a broker. */
export type Path = Pick<BrokerKitOptions, 'hotPath' | 'hotSockets'>;

const overSockets: readonly (readonly [string, Path])[] = [['sockets of the engine', { hotSockets: true }]];

/** By name. Sockets are served by the engine on Linux only. */
export const hotPaths: readonly (readonly [string, Path])[] = [
  ['the hot path', { hotPath: true }],
  ...(process.platform === 'linux' ? overSockets : []),
];

export const allPaths: readonly (readonly [string, Path])[] = [
  ...hotPaths,
  ['the general path', { hotPath: false }],
];
