import { ManualClock, silentLogger } from '@centaurmq/remoting';
import { describe, expect, it } from 'vitest';
import { AckGate } from '../../src/store/ack-gate.ts';

class ControlledDisk {
  appendedOffset = 0;
  flushCount = 0;
  poison: string | null = null;
  #pending: { resolve: (offset: number) => void; reject: (error: Error) => void; upTo: number }[] = [];

  readonly flush = (): Promise<number> => {
    this.flushCount += 1;
    return new Promise((resolve, reject) =>
      this.#pending.push({ resolve, reject, upTo: this.appendedOffset }),
    );
  };

  complete(): void {
    const flush = this.#pending.shift()!;
    flush.resolve(flush.upTo);
  }

  fail(): void {
    this.#pending.shift()!.reject(new Error('fdatasync: EIO'));
  }

  get inFlightCount(): number {
    return this.#pending.length;
  }
}

function gateOn(disk: ControlledDisk, clock: ManualClock, waitingAcknowledgementsMax = 100): AckGate {
  return new AckGate({
    flush: disk.flush,
    poisonReason: () => disk.poison,
    flushedOffset: 0,
    clock,
    logger: silentLogger,
    syncFlushTimeoutMillis: 5000,
    waitingAcknowledgementsMax,
  });
}

describe('AckGate', () => {
  it('runs one flush at a time, and everything appended meanwhile joins the next', async () => {
    const [disk, clock] = [new ControlledDisk(), new ManualClock()];
    const gate = gateOn(disk, clock);
    const settled: string[] = [];
    const append = (name: string, endOffset: number): void => {
      disk.appendedOffset = endOffset;
      gate.whenReached(endOffset, (outcome) => settled.push(`${name} ${outcome}`));
    };
    append('a', 100);
    append('b', 200);
    await clock.advance(0);
    expect(disk.inFlightCount).toBe(1);
    append('c', 300);
    append('d', 400);
    await clock.advance(0);
    expect(disk.inFlightCount).toBe(1);
    disk.complete();
    await clock.advance(0);
    expect(settled).toEqual(['a reached', 'b reached']);
    disk.complete();
    await clock.advance(0);
    expect(settled).toEqual(['a reached', 'b reached', 'c reached', 'd reached']);
    expect(disk.flushCount).toBe(2);
    expect(gate.flushedOffset).toBe(400);
    expect(clock.pendingTimerCount).toBe(1);
  });

  it('answers at once what is flushed already', () => {
    const gate = gateOn(new ControlledDisk(), new ManualClock());
    let outcome = '';
    gate.whenReached(0, (reached) => (outcome = reached));
    expect(outcome).toBe('reached');
  });

  it('answers FLUSH_DISK_TIMEOUT after syncFlushTimeout, each by its own deadline', async () => {
    const [disk, clock] = [new ControlledDisk(), new ManualClock()];
    const gate = gateOn(disk, clock);
    const settled: string[] = [];
    disk.appendedOffset = 100;
    gate.whenReached(100, (outcome) => settled.push(`a ${outcome}`));
    await clock.advance(3000);
    disk.appendedOffset = 200;
    gate.whenReached(200, (outcome) => settled.push(`b ${outcome}`));
    await clock.advance(1999);
    expect(settled).toEqual([]);
    await clock.advance(1);
    expect(settled).toEqual(['a flushDiskTimeout']);
    disk.complete();
    await clock.advance(0);
    disk.complete();
    await clock.advance(10_000);
    expect(settled).toEqual(['a flushDiskTimeout', 'b reached']);
  });

  it('is poisoned by a failed flush: whoever waits and whoever comes is told', async () => {
    const [disk, clock] = [new ControlledDisk(), new ManualClock()];
    const gate = gateOn(disk, clock);
    disk.appendedOffset = 100;
    const waiting = gate.reached(100);
    await clock.advance(0);
    disk.poison = 'fdatasync: EIO';
    disk.fail();
    expect(await waiting).toBe('poisoned');
    expect(gate.poisonReason).toBe('fdatasync: EIO');
    expect(await gate.reached(200)).toBe('poisoned');
    await clock.advance(60_000);
    expect(disk.flushCount).toBe(1);
  });

  it('tries again after a failure that did not poison the store', async () => {
    const [disk, clock] = [new ControlledDisk(), new ManualClock()];
    const gate = gateOn(disk, clock);
    disk.appendedOffset = 100;
    const first = gate.reached(100);
    await clock.advance(0);
    disk.fail();
    await clock.advance(0);
    disk.appendedOffset = 200;
    const second = gate.reached(200);
    await clock.advance(0);
    disk.complete();
    expect(await Promise.all([first, second])).toEqual(['reached', 'reached']);
  });

  it('bounds how many wait', async () => {
    const [disk, clock] = [new ControlledDisk(), new ManualClock()];
    const gate = gateOn(disk, clock, 2);
    const outcomes: string[] = [];
    for (const endOffset of [100, 200, 300]) {
      disk.appendedOffset = endOffset;
      gate.whenReached(endOffset, (outcome) => outcomes.push(`${endOffset} ${outcome}`));
    }
    expect(outcomes).toEqual(['300 flushDiskTimeout']);
  });
});
