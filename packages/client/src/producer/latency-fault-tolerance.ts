interface FaultItem {
  availableFromMillis: number;
  isReachable: boolean;
}

/** From this latency on, a broker is left alone for so long. Apache RocketMQ: MQFaultStrategy.latencyMax and notAvailableDuration. */
const AVOIDANCE_STEPS: readonly { readonly latencyMillis: number; readonly avoidMillis: number }[] = [
  { latencyMillis: 15_000, avoidMillis: 30_000 },
  { latencyMillis: 5_000, avoidMillis: 10_000 },
  { latencyMillis: 3_000, avoidMillis: 6_000 },
  { latencyMillis: 1_800, avoidMillis: 5_000 },
  { latencyMillis: 550, avoidMillis: 2_000 },
];

/** What a failed send counts as. */
const LATENCY_OF_FAILURE_MILLIS = 10_000;

/** How long a broker that answered after this latency is not chosen, if another one can be. */
export function avoidanceMillis(latencyMillis: number): number {
  return AVOIDANCE_STEPS.find((step) => latencyMillis >= step.latencyMillis)?.avoidMillis ?? 0;
}

/** Remembers which brokers were slow or failed lately. Apache RocketMQ: LatencyFaultToleranceImpl, without its detector. */
export class LatencyFaultTolerance {
  readonly #items = new Map<string, FaultItem>();

  succeeded(brokerName: string, latencyMillis: number, nowMillis: number): void {
    this.#items.set(brokerName, {
      availableFromMillis: nowMillis + avoidanceMillis(latencyMillis),
      isReachable: true,
    });
  }

  /** @param isReachable the broker answered, with an error */
  failed(brokerName: string, isReachable: boolean, nowMillis: number): void {
    const availableFromMillis = nowMillis + avoidanceMillis(LATENCY_OF_FAILURE_MILLIS);
    this.#items.set(brokerName, { availableFromMillis, isReachable });
  }

  isAvailable(brokerName: string, nowMillis: number): boolean {
    const item = this.#items.get(brokerName);
    return item === undefined || nowMillis >= item.availableFromMillis;
  }

  isReachable(brokerName: string): boolean {
    return this.#items.get(brokerName)?.isReachable ?? true;
  }
}
