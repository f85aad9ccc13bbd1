/**
 * A consumer offset that can be frozen: after the broker said that the offset is wrong, a handler that finishes late must not move the
 * corrected one. Apache RocketMQ: ControllableOffset.
 */
export class ControllableOffset {
  #queueOffset: number;
  #isFrozen = false;

  constructor(queueOffset: number) {
    this.#queueOffset = queueOffset;
  }

  get queueOffset(): number {
    return this.#queueOffset;
  }

  update(queueOffset: number, increaseOnly: boolean): void {
    if (this.#isFrozen) return;
    this.#queueOffset = increaseOnly ? Math.max(this.#queueOffset, queueOffset) : queueOffset;
  }

  updateAndFreeze(queueOffset: number): void {
    this.#isFrozen = true;
    this.#queueOffset = queueOffset;
  }
}
