import { ManualClock } from '@centaurmq/remoting';
import { beforeEach, describe, expect, it } from 'vitest';
import { VersionedTable } from '../../src/metadata/versioned-table.ts';
import { MemoryMetadataStore } from './memory-metadata-store.ts';

const codec = {
  encode: (value: number) => Buffer.from(String(value)),
  decode(bytes: Uint8Array): number {
    const value = Number(Buffer.from(bytes).toString());
    if (Number.isNaN(value)) throw new TypeError('not a number');
    return value;
  },
};

const put = (key: string, value: number | null) => () => new Map([[key, value]]);
const increment = (current: ReadonlyMap<string, number>) => new Map([['sum', (current.get('sum') ?? 0) + 1]]);

describe('VersionedTable', () => {
  let store: MemoryMetadataStore;
  let clock: ManualClock;
  const open = () => VersionedTable.open('numbers', { store, clock, codec });

  beforeEach(() => {
    store = new MemoryMetadataStore();
    clock = new ManualClock();
  });

  it('keeps values and their version across a restart', async () => {
    const table = await open();
    await table.change(put('a', 1));
    await clock.advance(5000);
    await table.change(put('b', 2));
    await table.change(put('a', null));
    const reopened = await open();
    expect([...reopened.values]).toEqual([['b', 2]]);
    expect(reopened.dataVersion).toEqual(table.dataVersion);
    expect(reopened.dataVersion).toEqual({ stateVersion: 0, timestamp: clock.now(), counter: 3 });
  });

  it('shows a change only after it is durable', async () => {
    const table = await open();
    const seen: unknown[] = [];
    table.onChange((changes) => seen.push(...changes));
    const changing = table.change(put('a', 1));
    expect(table.values.has('a')).toBe(false);
    expect(seen).toEqual([]);
    await changing;
    expect(table.values.get('a')).toBe(1);
    expect(seen).toEqual([{ key: 'a', before: null, after: 1 }]);
  });

  it('shares one write between all that wait, and each decides on what was decided before', async () => {
    const table = await open();
    await table.change(put('sum', 0));
    store.commitCount = 0;
    await Promise.all(Array.from({ length: 50 }, () => table.change(increment)));
    expect(table.values.get('sum')).toBe(50);
    expect(store.commitCount).toBeLessThanOrEqual(2);
  });

  it('changes nothing when the store cannot write, and goes on when it can again', async () => {
    const table = await open();
    await table.change(put('a', 1));
    const version = table.dataVersion;
    store.failure = new Error('disk full');
    await expect(table.change(put('a', 2))).rejects.toThrow('disk full');
    expect(table.values.get('a')).toBe(1);
    expect(table.dataVersion).toBe(version);
    store.failure = null;
    await table.change(put('a', 3));
    expect(table.values.get('a')).toBe(3);
  });

  it('lets a decision refuse without disturbing the others of its write', async () => {
    const table = await open();
    const first = table.change(put('a', 1));
    const refused = table.change(() => {
      throw new Error('no');
    });
    const last = table.change(put('b', 2));
    await expect(refused).rejects.toThrow('no');
    await Promise.all([first, last]);
    expect(table.values.size).toBe(2);
  });

  it('does not count a change that changes nothing', async () => {
    const table = await open();
    await table.change(put('a', 1));
    const version = table.dataVersion;
    await table.change(() => new Map());
    expect(table.dataVersion).toBe(version);
  });

  it('names the table and the key of an entry that cannot be read', async () => {
    await store.commit({ puts: [{ table: 'numbers', key: 'x', value: Buffer.from('one') }], deletes: [] });
    await expect(open()).rejects.toThrow('metadata table numbers: the entry x cannot be read');
  });
});
