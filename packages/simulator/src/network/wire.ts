import type { Chance } from '../chance/chance.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { Trace } from '../trace/trace.ts';
import type { Host } from './host.ts';
import type { NetworkConditions } from './network-conditions.ts';

/** What connections need of the network they are in. */
export interface Wire {
  readonly time: VirtualTime;
  readonly trace: Trace;
  readonly chance: Chance;
  readonly conditions: NetworkConditions;
  /** Of one packet. */
  delayMillis(from: Host, to: Host): number;
  /** Packets of this direction do not arrive now. */
  isBlocked(from: Host, to: Host): boolean;
  forget(connection: object): void;
}
