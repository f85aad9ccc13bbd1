import type { RemotingConnection } from '../connection/remoting-connection.ts';
import type { Clock } from '../environment/clock.ts';
import { PeerFaultError } from '../errors.ts';

export interface UnsentLimits {
  readonly unsentBytesPause: number;
  readonly unsentBytesMax: number;
  readonly unsentGraceMillis: number;
}

/** What a peer that does not read may cost: first its requests are not read, then it is closed. */
export class UnsentGuard {
  readonly #limits: UnsentLimits;
  readonly #clock: Clock;

  constructor(limits: UnsentLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  mustPause(connection: RemotingConnection): boolean {
    return connection.isCongested(this.#limits.unsentBytesPause);
  }

  /** To be called after each write. */
  written(connection: RemotingConnection): void {
    const { unsentBytesMax, unsentGraceMillis } = this.#limits;
    const unsent = connection.unsentBytes;
    if (unsent <= unsentBytesMax) return;
    if (unsent > 2 * unsentBytesMax) {
      connection.destroy(
        new PeerFaultError(
          `the peer does not read: ${unsent} bytes unsent, more than twice unsentBytesMax ${unsentBytesMax}`,
        ),
      );
      return;
    }
    connection.unsentGraceTimer ??= this.#clock.setTimer(unsentGraceMillis, () => {
      connection.unsentGraceTimer = null;
      if (connection.unsentBytes <= unsentBytesMax) return;
      connection.destroy(
        new PeerFaultError(
          `the peer does not read: ${connection.unsentBytes} bytes unsent, unsentBytesMax is ${unsentBytesMax}, unsentGraceMillis ${unsentGraceMillis} is over`,
        ),
      );
    });
  }
}
