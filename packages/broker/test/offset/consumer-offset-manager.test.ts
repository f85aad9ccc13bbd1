import { ManualClock, silentLogger } from '@centaurmq/remoting';
import { describe, expect, it } from 'vitest';
import { CONSUMER_OFFSET_TABLE, ConsumerOffsetManager } from '../../src/offset/consumer-offset-manager.ts';
import { MemoryMetadata } from '../store/memory-metadata.ts';

async function setUp(metadata = new MemoryMetadata()) {
  const clock = new ManualClock();
  const offsets = await ConsumerOffsetManager.load({
    metadata,
    clock,
    logger: silentLogger,
    persistIntervalMillis: 5000,
  });
  return { clock, metadata, offsets };
}

describe('ConsumerOffsetManager', () => {
  it('answers -1 for what was never committed', async () => {
    const { offsets } = await setUp();
    expect(offsets.queryOffset('G', 'T', 0)).toBe(-1);
    expect(offsets.queryOffsets('G', 'T').size).toBe(0);
  });

  it('persists what changed every five seconds in one transaction, and loads it', async () => {
    const { clock, metadata, offsets } = await setUp();
    offsets.start();
    offsets.commitOffset('G', 'T', 0, 10);
    offsets.commitOffset('G', 'T', 1, 20);
    offsets.commitOffset('H', 'T', 0, 30);
    await clock.advance(4999);
    expect(metadata.commits).toHaveLength(0);
    await clock.advance(1);
    expect(metadata.commits).toHaveLength(1);
    expect(metadata.commits[0]!.puts.map(({ key }) => key)).toEqual(['T@G', 'T@H']);
    await clock.advance(5000);
    expect(metadata.commits).toHaveLength(1);
    const again = (await setUp(metadata)).offsets;
    expect(again.queryOffsets('G', 'T')).toEqual(
      new Map([
        [0, 10],
        [1, 20],
      ]),
    );
    expect(again.queryOffset('H', 'T', 0)).toBe(30);
  });

  it('keeps trying when the metadata cannot be written', async () => {
    const { clock, metadata, offsets } = await setUp();
    offsets.start();
    offsets.commitOffset('G', 'T', 0, 10);
    metadata.failWith = new Error('disk full');
    await clock.advance(5000);
    metadata.failWith = null;
    await clock.advance(5000);
    expect((await setUp(metadata)).offsets.queryOffset('G', 'T', 0)).toBe(10);
  });

  it('persists the rest when it stops, and then no more', async () => {
    const { clock, metadata, offsets } = await setUp();
    offsets.start();
    offsets.commitOffset('G', 'T', 0, 10);
    await offsets.stop();
    expect(metadata.commits).toHaveLength(1);
    await clock.advance(60_000);
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('may go backwards', async () => {
    const { offsets } = await setUp();
    offsets.commitOffset('G', 'T', 0, 10);
    offsets.commitOffset('G', 'T', 0, 3);
    expect(offsets.queryOffset('G', 'T', 0)).toBe(3);
  });

  it('gives a pending reset precedence until a pull takes it', async () => {
    const { offsets } = await setUp();
    offsets.commitOffset('G', 'T', 0, 10);
    offsets.assignResetOffset('T', 'G', 0, 2);
    expect(offsets.hasOffsetReset('T', 'G', 0)).toBe(true);
    offsets.commitOffset('G', 'T', 0, 11);
    expect(offsets.queryOffset('G', 'T', 0)).toBe(2);
    expect(offsets.queryThenEraseResetOffset('T', 'G', 0)).toBe(2);
    expect(offsets.queryThenEraseResetOffset('T', 'G', 0)).toBeNull();
    expect(offsets.hasOffsetReset('T', 'G', 0)).toBe(false);
    expect(offsets.queryOffset('G', 'T', 0)).toBe(11);
  });

  it('answers the pulled offset, else the committed one', async () => {
    const { offsets } = await setUp();
    offsets.commitOffset('G', 'T', 0, 10);
    expect(offsets.queryPullOffset('G', 'T', 0)).toBe(10);
    offsets.commitPullOffset('G', 'T', 0, 15);
    expect(offsets.queryPullOffset('G', 'T', 0)).toBe(15);
  });

  it('finds topics of a group and groups of a topic, and forgets either', async () => {
    const { metadata, offsets } = await setUp();
    offsets.commitOffset('G', 'T', 0, 1);
    offsets.commitOffset('G', 'U', 0, 1);
    offsets.commitOffset('GG', 'T', 0, 1);
    expect(offsets.whichTopicByConsumer('G')).toEqual(new Set(['T', 'U']));
    expect(offsets.whichGroupByTopic('T')).toEqual(new Set(['G', 'GG']));
    await offsets.persist();
    offsets.cleanOffset('G');
    offsets.cleanOffsetByTopic('T');
    await offsets.persist();
    expect(offsets.entries().size).toBe(0);
    expect(metadata.tables.get(CONSUMER_OFFSET_TABLE)!.size).toBe(0);
  });

  it('clones the offsets of a group', async () => {
    const { offsets } = await setUp();
    offsets.commitOffset('G', 'T', 0, 7);
    offsets.cloneOffset('G', 'H', 'T');
    offsets.commitOffset('G', 'T', 0, 8);
    expect(offsets.queryOffset('H', 'T', 0)).toBe(7);
  });

  it('names the entry that is damaged', async () => {
    const metadata = new MemoryMetadata();
    const value = Buffer.from('{"0":"x"}');
    await metadata.commit({ puts: [{ table: CONSUMER_OFFSET_TABLE, key: 'T@G', value }], deletes: [] });
    await expect(setUp(metadata)).rejects.toThrow(/consumerOffset.*T@G.*queue 0.*expected a whole number/);
  });
});
