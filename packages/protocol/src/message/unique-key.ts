import { ipBytes } from './host-address.ts';

export interface UniqueKeySources {
  /** An IP literal of this machine. */
  readonly ip: string;
  /** Process id; its low 16 bits count. */
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Tells processes with the same address and pid apart. */
  readonly random: { below(limit: number): number };
}

const CLOCK_STEP_BACK_MAX_MILLIS = 1_000_000;

/**
 * Makes unique keys of the form Java's `MessageClientIDSetter` makes: upper-case hex of ip, pid, 32 bits of the process,
 * milliseconds since the month began in local time, and a counter of 16 bits. 32 characters, 56 with IPv6.
 */
export function createUniqueKeyGenerator({ ip, pid, now, random }: UniqueKeySources): () => string {
  const address = ipBytes(ip);
  const head = Buffer.allocUnsafe(address.length + 6);
  address.copy(head);
  head.writeUInt16BE(pid & 0xffff, address.length);
  head.writeUInt32BE(random.below(0x1_0000_0000), address.length + 2);
  const prefix = head.toString('hex').toUpperCase();
  let monthStart = 0;
  let nextMonthStart = 0;
  let counter = 0;
  return () => {
    const millis = now();
    if (millis >= nextMonthStart) {
      const date = new Date(millis);
      monthStart = new Date(date.getFullYear(), date.getMonth(), 1).getTime();
      nextMonthStart = new Date(date.getFullYear(), date.getMonth() + 1, 1).getTime();
    }
    let elapsed = millis - monthStart;
    if (elapsed < 0 && elapsed > -CLOCK_STEP_BACK_MAX_MILLIS) elapsed = 0;
    const count = counter;
    counter = (counter + 1) & 0xffff;
    return prefix + hex(elapsed >>> 0, 8) + hex(count, 4);
  };
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
