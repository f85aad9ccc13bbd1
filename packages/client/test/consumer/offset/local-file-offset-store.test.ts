import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { silentLogger } from '@centaurmq/remoting';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalFileOffsetStore } from '../../../src/consumer/offset/local-file-offset-store.ts';
import { type OffsetFile, nodeOffsetFile, offsetFilePath } from '../../../src/consumer/offset/offset-file.ts';

const queue = (queueId: number): { topic: string; brokerName: string; queueId: number } => ({
  topic: 'T',
  brokerName: 'b',
  queueId,
});

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'offsets-'));
});
afterEach(() => rm(directory, { recursive: true }));

const filePath = (): string => offsetFilePath(directory, '10.0.0.1@DEFAULT', 'G');
const open = async (file: OffsetFile = nodeOffsetFile(filePath())): Promise<LocalFileOffsetStore> => {
  const store = new LocalFileOffsetStore(file, silentLogger);
  await store.load();
  return store;
};

test('offsets come back after a restart, in the file that Java’s client writes', async () => {
  const store = await open();
  expect(await store.read(queue(0))).toBeNull();
  store.offsets.update(queue(0), 5, true);
  store.offsets.update(queue(1), 7, true);
  await store.persistAll([queue(0), queue(1)]);
  const text = await readFile(filePath(), 'utf8');
  expect(text).toBe(
    '{"offsetTable":{{"brokerName":"b","queueId":0,"topic":"T"}:5,{"brokerName":"b","queueId":1,"topic":"T"}:7}}',
  );
  const again = await open();
  expect(await again.read(queue(1))).toBe(7);
  expect(again.offsets.get(queue(0))).toBe(5);
  expect(await readdir(dirname(filePath()))).toEqual(['offsets.json']);
});

test('a file as Java writes it, indented, can be read', async () => {
  await (await open()).persistAll([]);
  const file = {
    path: 'x',
    write: () => Promise.resolve(),
    read: () =>
      Promise.resolve(
        '{\n\t"offsetTable":{{\n\t\t"brokerName":"b",\n\t\t"queueId":0,\n\t\t"topic":"T"\n\t}:42\n\t}\n}',
      ),
  };
  expect(await (await open(file)).read(queue(0))).toBe(42);
});

test('nothing is written while nothing changes, and a failed write is made good by the next', async () => {
  const written: string[] = [];
  let isFailing = true;
  const file: OffsetFile = {
    path: 'x',
    read: () => Promise.resolve(null),
    write: (text) => {
      if (isFailing) return Promise.reject(new Error('disk full'));
      written.push(text);
      return Promise.resolve();
    },
  };
  const store = await open(file);
  store.offsets.update(queue(0), 1, true);
  await store.persist(queue(0));
  isFailing = false;
  await store.persistAll([queue(0)]);
  await store.persistAll([queue(0)]);
  expect(written).toHaveLength(1);
});

test.each([
  ['no JSON', 'oops'],
  ['another shape', '{"offsetTable":[1]}'],
  ['a key that is no queue', '{"offsetTable":{{"topic":"T"}:1}}'],
])('an unreadable file is an error that names it: %s', async (_, text) => {
  await (await open()).persistAll([]);
  const path = join(directory, 'broken.json');
  await writeFile(path, text);
  await expect(open(nodeOffsetFile(path))).rejects.toMatchObject({
    code: 'OFFSET_FILE',
    message: expect.stringContaining(path),
    advice: expect.stringContaining('delete it'),
  });
});

test('characters that file systems forbid do not get into the path', () => {
  expect(offsetFilePath('d', 'fe80::1@a/b', '%RETRY%G')).toBe(
    join('d', 'fe80__1@a_b', '%RETRY%G', 'offsets.json'),
  );
});
