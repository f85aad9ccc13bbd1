/** How one host's packets travel. Delays are virtual milliseconds, drawn for every packet. */
export interface NetworkConditions {
  readonly delayMillisMin: number;
  readonly delayMillisMax: number;
  /** How often a packet takes {@link NetworkConditions.spikeMillisMax} at most instead. */
  readonly spikeProbability: number;
  readonly spikeMillisMax: number;
  /** Bytes written and not yet taken by the system, from which a writer is asked to wait. */
  readonly windowBytes: number;
  /** A side that cannot deliver for so long gives its connection up. */
  readonly retransmissionTimeoutMillis: number;
}

export const networkConditionsDefault: NetworkConditions = {
  delayMillisMin: 0.05,
  delayMillisMax: 1,
  spikeProbability: 0.002,
  spikeMillisMax: 200,
  windowBytes: 64 * 1024,
  retransmissionTimeoutMillis: 15_000,
};
