import { ManualClock } from '@centaurmq/remoting';
import { describe, expect, it } from 'vitest';
import { BrokerStatsManager } from '../../src/statistics/broker-stats-manager.ts';

function setup() {
  const clock = new ManualClock();
  const totals = new Map([['T', 100]]);
  const stats = new BrokerStatsManager({
    clock,
    clusterName: 'C',
    topics: () => totals.keys(),
    topicPutTotal: (topic) => totals.get(topic) ?? null,
  });
  stats.start();
  return { clock, totals, stats };
}

describe('BrokerStatsManager', () => {
  it("counts a topic's puts by how its queues grow, not what was there at the start", async () => {
    const { clock, totals, stats } = setup();
    expect(stats.statsItem('TOPIC_PUT_NUMS', 'T')).toBeNull();
    totals.set('T', 150);
    await clock.advance(10_000);
    totals.set('T', 180);
    await clock.advance(10_000);
    const snapshot = stats.statsItem('TOPIC_PUT_NUMS', 'T')?.snapshot('minute');
    expect(snapshot).toEqual({ sum: 80, tps: 4, avgpt: 1 });
    expect(stats.statsItem('BROKER_PUT_NUMS', 'C')?.snapshot('minute').sum).toBe(80);
    expect(stats.topicPutTps('T')).toBe(4);
  });

  it('lets a minute pass', async () => {
    const { clock, totals, stats } = setup();
    totals.set('T', 160);
    await clock.advance(10_000);
    expect(stats.topicPutTps('T')).toBe(6);
    await clock.advance(50_000);
    expect(stats.topicPutTps('T')).toBe(1);
    await clock.advance(60_000);
    expect(stats.topicPutTps('T')).toBe(0);
    expect(stats.statsItem('TOPIC_PUT_NUMS', 'T')?.snapshot('hour').sum).toBe(60);
  });

  it('counts what groups get', async () => {
    const { clock, stats } = setup();
    stats.groupGot('G', 'T', { count: 32, bytes: 1000 });
    stats.groupGot('G', 'T', { count: 8, bytes: 200 });
    await clock.advance(10_000);
    expect(stats.statsItem('GROUP_GET_NUMS', 'T@G')?.snapshot('minute')).toEqual({
      sum: 40,
      tps: 4,
      avgpt: 20,
    });
    expect(stats.statsItem('GROUP_GET_SIZE', 'T@G')?.snapshot('minute').sum).toBe(1200);
    expect(stats.groupGetTps('G', 'T')).toBe(4);
  });

  it('forgets a deleted topic and a deleted group', async () => {
    const { clock, totals, stats } = setup();
    totals.set('T', 101);
    stats.groupGot('G', 'T', { count: 1, bytes: 1 });
    stats.groupGot('H', 'U', { count: 1, bytes: 1 });
    await clock.advance(10_000);
    stats.topicDeleted('T');
    stats.groupDeleted('H');
    expect(stats.statsItem('TOPIC_PUT_NUMS', 'T')).toBeNull();
    expect(stats.statsItem('GROUP_GET_NUMS', 'T@G')).toBeNull();
    expect(stats.statsItem('GROUP_GET_NUMS', 'U@H')).toBeNull();
  });

  it('sets no timer after it was stopped', async () => {
    const { clock, stats } = setup();
    expect(clock.pendingTimerCount).toBe(1);
    await clock.advance(30_000);
    stats.stop();
    expect(clock.pendingTimerCount).toBe(0);
  });
});
