import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kvConfigFile } from '../../src/index.ts';
import type { KvConfigTable } from '../../src/index.ts';
import { KVConfigManager } from '../../src/kvconfig/kv-config-manager.ts';

describe('the KV config', () => {
  let directory: string;
  let path: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'centaurmq-kv-'));
    path = join(directory, 'deep', 'kvConfig.json');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("is kept in RocketMQ's file, which another start reads", async () => {
    const manager = new KVConfigManager(kvConfigFile(path));
    await manager.load();
    await Promise.all([
      manager.putKVConfig('NS', 'a', '1'),
      manager.putKVConfig('NS', 'b', '2'),
      manager.putKVConfig('Other', 'c', '3'),
    ]);
    await manager.deleteKVConfig('NS', 'a');
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      configTable: { NS: { b: '2' }, Other: { c: '3' } },
    });
    expect(await readdir(join(directory, 'deep'))).toEqual(['kvConfig.json']);
    const next = new KVConfigManager(kvConfigFile(path));
    await next.load();
    expect(next.getKVConfig('NS', 'b')).toBe('2');
    expect(next.getKVConfig('NS', 'a')).toBeNull();
    expect(next.getKVListByNamespace('Nothing')).toBeNull();
  });

  it.each([
    '',
    '{"configTable":',
    '[]',
    '{"configTable":[]}',
    '{"configTable":{"NS":{"k":{}}}}',
    'null garbage',
  ])('refuses a file it cannot understand: %o', async (text) => {
    const manager = new KVConfigManager(kvConfigFile(join(directory, 'kvConfig.json')));
    await writeFile(join(directory, 'kvConfig.json'), text);
    await expect(manager.load()).rejects.toThrow('kvConfig.json');
  });

  it('forgets a change that could not be stored, and stores the next one', async () => {
    const saved: KvConfigTable[] = [];
    let failing = true;
    const manager = new KVConfigManager({
      load: () => Promise.resolve(new Map([['NS', new Map([['a', 'old']])]])),
      save(table) {
        if (failing) return Promise.reject(new Error('disk full'));
        saved.push(structuredClone(table));
        return Promise.resolve();
      },
    });
    await manager.load();
    await expect(manager.putKVConfig('NS', 'a', 'new')).rejects.toThrow(
      'NS/a cannot be stored: Error: disk full',
    );
    await expect(manager.putKVConfig('NS', 'b', 'new')).rejects.toThrow('disk full');
    expect(manager.getKVConfig('NS', 'a')).toBe('old');
    expect(manager.getKVConfig('NS', 'b')).toBeNull();
    failing = false;
    await manager.putKVConfig('NS', 'c', 'kept');
    expect(saved).toEqual([
      new Map([
        [
          'NS',
          new Map([
            ['a', 'old'],
            ['c', 'kept'],
          ]),
        ],
      ]),
    ]);
  });

  it('takes keys that JavaScript objects have already', async () => {
    const manager = new KVConfigManager(kvConfigFile(path));
    await manager.load();
    await manager.putKVConfig('__proto__', 'constructor', 'x');
    expect(manager.getKVConfig('__proto__', 'constructor')).toBe('x');
    expect(manager.getKVConfig('__proto__', 'toString')).toBeNull();
    const next = new KVConfigManager(kvConfigFile(path));
    await next.load();
    expect(next.getKVConfig('__proto__', 'constructor')).toBe('x');
  });
});
