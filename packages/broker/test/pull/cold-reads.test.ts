import { ResponseCode, decodeRecords } from '@centaurmq/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { ColdReads } from '../../src/pull/cold-reads.ts';
import type { GetMessageRequest } from '../../src/store/message-store.ts';
import { type NativeModule, loadNativeModule } from '../../src/store/native-module.ts';
import { type BrokerKit, sendCommand, startBroker } from '../broker-kit.ts';
import { pullCommand } from './pull-command.ts';

function request(queueOffset: number): GetMessageRequest {
  const sizes = { messageCountMax: 32, recordBytesMax: 1000 };
  return { topic: 'T', queueId: 0, queueOffset, tagCodes: null, ...sizes };
}

/** A disk that reads when it is told to. */
class SlowDisk {
  readonly reading: { queueOffset: number; done: () => void; fail: (error: Error) => void }[] = [];
  readonly resident = new Set<number>();

  isCold({ queueOffset }: GetMessageRequest): boolean {
    return !this.resident.has(queueOffset);
  }

  warm({ queueOffset }: GetMessageRequest): Promise<void> {
    return new Promise((resolve, fail) => {
      const done = (): void => {
        this.resident.add(queueOffset);
        resolve();
      };
      this.reading.push({ queueOffset, done, fail });
    });
  }
}

async function turns(): Promise<void> {
  for (let count = 0; count < 10; count++) await Promise.resolve();
}

describe('ColdReads', () => {
  it('reads a few at a time, in the order in which they came', async () => {
    const disk = new SlowDisk();
    const reads = new ColdReads(disk, { readingMax: 2, waitingMax: 10 });
    const finished: number[] = [];
    for (const offset of [1, 2, 3, 4]) void reads.warmed(request(offset))?.then(() => finished.push(offset));
    await turns();
    expect(disk.reading.map(({ queueOffset }) => queueOffset)).toEqual([1, 2]);
    disk.reading[1]?.done();
    await turns();
    expect(disk.reading.map(({ queueOffset }) => queueOffset)).toEqual([1, 2, 3]);
    for (const each of [0, 2]) disk.reading[each]?.done();
    await turns();
    disk.reading[3]?.done();
    await turns();
    expect(finished).toEqual([2, 1, 3, 4]);
  });

  it('does not read what another one has read meanwhile', async () => {
    const disk = new SlowDisk();
    const reads = new ColdReads(disk, { readingMax: 1, waitingMax: 10 });
    const both = Promise.all([reads.warmed(request(1)), reads.warmed(request(1))]);
    await turns();
    disk.reading[0]?.done();
    await both;
    expect(disk.reading).toHaveLength(1);
  });

  it('gives the turn on when the disk fails, and refuses above its limit', async () => {
    const disk = new SlowDisk();
    const reads = new ColdReads(disk, { readingMax: 1, waitingMax: 1 });
    const failing = reads.warmed(request(1));
    const next = reads.warmed(request(2));
    await turns();
    expect(reads.warmed(request(3))).toBeNull();
    disk.reading[0]?.fail(new Error('the disk does not answer'));
    await expect(failing).rejects.toThrow('the disk does not answer');
    await turns();
    disk.reading[1]?.done();
    await next;
    expect(reads.warmed(request(2))).not.toBeNull();
  });
});

describe('a pull of cold messages', () => {
  let kit: BrokerKit;
  afterEach(() => kit.stop());

  const engine = loadNativeModule();
  const warmed: number[] = [];
  const native: NativeModule = {
    ...engine,
    isCold: (_store, _topic, _queueId, queueOffset) => queueOffset < 2 && !warmed.includes(queueOffset),
    warm(store, topic, queueId, queueOffset, ...rest) {
      engine.warm(store, topic, queueId, queueOffset, ...rest);
      warmed.push(queueOffset);
    },
  };

  it('is answered once they are in memory; others are answered meanwhile', async () => {
    kit = await startBroker({ native });
    const client = await kit.connect();
    for (const body of ['a', 'b', 'c', 'd']) await client.ask(sendCommand({ body }));
    const [cold, warm] = await Promise.all([
      client.ask(pullCommand({ queueOffset: 1 })),
      client.ask(pullCommand({ queueOffset: 2 })),
    ]);
    expect(warmed).toEqual([1]);
    const bodies = [cold, warm].map(({ body }) =>
      decodeRecords(body).map((record) => Buffer.from(record.body).toString()),
    );
    expect(bodies).toEqual([
      ['b', 'c', 'd'],
      ['c', 'd'],
    ]);
    expect([cold.code, warm.code]).toEqual([ResponseCode.SUCCESS, ResponseCode.SUCCESS]);
  });
});
