/** Permission bits of a topic (Java: `PermName`). */
export const Perm = { INHERIT: 1, WRITE: 2, READ: 4, PRIORITY: 8 } as const;

export function isReadable(perm: number): boolean {
  return (perm & Perm.READ) !== 0;
}

export function isWriteable(perm: number): boolean {
  return (perm & Perm.WRITE) !== 0;
}

/** A topic with this bit gives its settings to topics that are made by the first send. */
export function isInherited(perm: number): boolean {
  return (perm & Perm.INHERIT) !== 0;
}

/** `RW-` for 6, as RocketMQ's tools print it. */
export function permText(perm: number): string {
  return `${isReadable(perm) ? 'R' : '-'}${isWriteable(perm) ? 'W' : '-'}${isInherited(perm) ? 'X' : '-'}`;
}
