import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { stopSignal } from '../../src/start/stop-signal.ts';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): never {
    this.exits.push(code);
    return undefined as never;
  }
}

describe('stopSignal', () => {
  it('asks to stop at the first signal and ends at once at the second', async () => {
    const process = new FakeProcess();
    const signal = stopSignal(process);
    process.emit('SIGINT', 'SIGINT');
    expect(await signal.asked).toBe('SIGINT');
    expect(process.exits).toEqual([]);
    process.emit('SIGTERM', 'SIGTERM');
    expect(process.exits).toEqual([1]);
  });

  it('leaves nothing behind', () => {
    const process = new FakeProcess();
    stopSignal(process).release();
    expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(0);
  });
});
