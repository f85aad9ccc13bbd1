import type { ClientEnvironment } from '@centaurmq/client';
import { systemClock } from '@centaurmq/remoting';

/** What a command line reads from and writes to. */
export interface AdminEnvironment {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** The name servers when none is given: the variable NAMESRV_ADDR, as for mqadmin. */
  readonly nameServersDefault: string;
  /** For the connections; the real network and clock when not given. */
  readonly client: Partial<ClientEnvironment>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const NAME_SERVER_DEFAULT = '127.0.0.1:9876';

export function processEnvironment(): AdminEnvironment {
  return {
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
    nameServersDefault: process.env['NAMESRV_ADDR'] ?? NAME_SERVER_DEFAULT,
    client: {},
    now: () => systemClock.now(),
  };
}
