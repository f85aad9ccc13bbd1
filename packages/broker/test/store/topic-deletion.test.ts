import { expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { temporaryDirectory } from '../broker-kit.ts';
import { messageTo, storeOptions } from './store-kit.ts';

const spec = {
  name: 'T',
  readQueueNums: 1,
  writeQueueNums: 1,
  perm: 6,
  ackLevel: 'os',
  hotPath: true,
} as const;
const message = messageTo('T');

it(
  'a topic that is made again while it is being deleted starts empty and keeps what it gets',
  { timeout: 60_000 },
  async () => {
    const directory = await temporaryDirectory();
    const options = {
      ...storeOptions,
      location: { kind: 'directory', path: directory.path },
      files: { ...storeOptions.files, mappedFileSizeConsumeQueue: 2000 },
    } as const;
    let store = await openStore(options);
    const { messages } = store;
    messages.defineTopic(spec);
    for (let round = 0; round < 20; round += 1) {
      for (let count = 0; count < 150; count += 1) messages.append(message);
      const deleted = messages.deleteTopic('T');
      messages.defineTopic(spec);
      expect(messages.append(message).status).toBe('unknownTopic');
      await messages.topicSettled('T');
      expect(messages.maxOffset('T', 0)).toBe(0);
      expect(messages.append(message)).toMatchObject({ status: 'appended', queueOffset: 0 });
      await deleted;
    }
    // Deleted, defined and deleted again: gone.
    void messages.deleteTopic('T');
    messages.defineTopic(spec);
    await messages.deleteTopic('T');
    expect(messages.append(message).status).toBe('unknownTopic');
    messages.defineTopic(spec);
    messages.append(message);
    await store.close();
    store = await openStore(options);
    store.messages.defineTopic(spec);
    expect(store.messages.maxOffset('T', 0)).toBe(1);
    await store.close();
    await directory.remove();
  },
);
