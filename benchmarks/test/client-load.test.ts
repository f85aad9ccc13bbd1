import { describe, expect, it } from 'vitest';
import { type ClientLoad, Consumption, measureSends } from '../src/client/client-load.ts';

const load: ClientLoad = {
  mode: 'send',
  server: '127.0.0.1:9876',
  topic: 'Topic',
  group: 'group',
  bodyBytes: 1,
  inFlight: 4,
  warmUpSeconds: 2,
  seconds: 3,
  warmUpCount: 100,
  count: 50,
};

describe('a client', () => {
  it('counts what it consumed after the warm-up only', async () => {
    let millis = 0;
    const consumption = new Consumption(load, () => millis);
    millis = 60_000;
    consumption.received(99);
    consumption.received(21);
    millis += 500;
    consumption.received(29);
    consumption.received(11);
    await expect(consumption.report).resolves.toEqual({ perSecond: 80, failed: 0 });
  });

  it('keeps its sends in flight, and counts those behind the warm-up and those that failed', async () => {
    let [millis, inFlight, inFlightMax, sends] = [0, 0, 0, 0];
    const sender = {
      send: async () => {
        inFlight += 1;
        inFlightMax = Math.max(inFlightMax, inFlight);
        await Promise.resolve();
        inFlight -= 1;
        sends += 1;
        millis += 10;
        if (sends === 3) throw new Error('refused');
      },
    };
    const report = await measureSends(load, sender, () => millis);
    expect(inFlightMax).toBe(load.inFlight);
    expect(report.failed).toBe(1);
    expect(report.perSecond).toBeCloseTo(100, -1);
  });
});
