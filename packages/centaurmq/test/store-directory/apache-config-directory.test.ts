import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readApacheConfig, writeApacheConfig } from '../../src/store-directory/apache-config-directory.ts';

describe('the config directory of an Apache broker', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'centaurmq-config-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it('may be missing or incomplete', async () => {
    expect(await readApacheConfig(join(directory, 'nothing'))).toEqual({});
    await writeFile(join(directory, 'delayOffset.json'), '{"offsetTable":{1:2}}');
    expect(await readApacheConfig(directory)).toEqual({ 'delayOffset.json': '{"offsetTable":{1:2}}' });
  });

  it.each(['', '\0\0\0\0', '{"topicConfigTable":{"T":'])(
    'falls back to the copy when a file holds %j',
    async (text) => {
      await writeFile(join(directory, 'topics.json'), text);
      await writeFile(join(directory, 'topics.json.bak'), '{"topicConfigTable":{}}\n');
      expect(await readApacheConfig(directory)).toEqual({ 'topics.json': '{"topicConfigTable":{}}\n' });
    },
  );

  it('is written whole, with nothing else left behind', async () => {
    const config = {
      'topics.json': '{"a":1}',
      'subscriptionGroup.json': '{"b":2}',
      'consumerOffset.json': '{"c":3}',
      'delayOffset.json': '{"d":4}',
    };
    const path = join(directory, 'config');
    await writeApacheConfig(path, config);
    await writeApacheConfig(path, config);
    expect(await readApacheConfig(path)).toEqual(config);
    expect((await readdir(path)).toSorted()).toEqual(Object.keys(config).toSorted());
  });
});
