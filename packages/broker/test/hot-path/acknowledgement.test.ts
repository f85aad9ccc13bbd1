import { ResponseCode } from '@centaurmq/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { type NativeModule, loadNativeModule } from '../../src/store/native-module.ts';
import { AppendStatus } from '../../src/store/native-status.ts';
import {
  type BrokerKit,
  type FrameClient,
  sendCommand,
  startBroker,
  temporaryDirectory,
} from '../broker-kit.ts';
import { longPullCommand, pullCommand } from '../pull/pull-command.ts';
import { createTopicCommand } from './create-topic-command.ts';
import { type Path, allPaths } from './paths.ts';

/** The engine over a disk that can be told to fail its flushes. */
class FailingDisk {
  fails = false;
  poisonReason: string | null = null;
  readonly native: NativeModule;

  constructor() {
    const native = loadNativeModule();
    this.native = {
      ...native,
      flush: (store) => {
        if (this.fails) throw new Error('fdatasync failed');
        return native.flush(store);
      },
      status: (store) =>
        JSON.stringify({ ...(JSON.parse(native.status(store)) as object), poisonReason: this.poisonReason }),
    };
  }
}

let kit: BrokerKit;
afterEach(() => kit.stopWhileTimePasses());

async function setUp(path: Path): Promise<{
  disk: FailingDisk;
  client: FrameClient;
}> {
  const disk = new FailingDisk();
  kit = await startBroker({ ...path, native: disk.native });
  const client = await kit.connect();
  await client.ask(createTopicCommand('Safe', { attributes: '+ack.level=fsync' }));
  return { disk, client };
}

async function visibleCount(client: FrameClient): Promise<number> {
  return Number((await client.ask(pullCommand({ topic: 'Safe' }))).extFields['maxOffset']);
}

describe.each(allPaths)('acknowledgements at level fsync on %s', (_name, path) => {
  it('come when the message is on the disk, and only then it can be pulled', async () => {
    const { client } = await setUp(path);
    const answer = await client.ask(sendCommand({ topic: 'Safe' }));
    expect(answer).toMatchObject({ code: ResponseCode.SUCCESS, extFields: { queueOffset: '0' } });
    expect(await visibleCount(client)).toBe(1);
  });

  it('wake the pulls that wait for the message', async () => {
    const { disk, client } = await setUp(path);
    await client.ask(sendCommand({ topic: 'Safe' }));
    const held = client.tell(longPullCommand({ topic: 'Safe', queueOffset: 1 }));
    await kit.clock.advance(1);
    disk.fails = true;
    client.tell(sendCommand({ topic: 'Safe' }));
    expect(await visibleCount(client)).toBe(1);
    await kit.clock.advance(100);
    expect(client.answered(held.opaque)).toBeUndefined();
    disk.fails = false;
    await client.ask(sendCommand({ topic: 'Safe' }));
    const woken = await client.answerTo(held.opaque);
    expect(woken).toMatchObject({ code: ResponseCode.SUCCESS, extFields: { nextBeginOffset: '3' } });
  });

  it('say FLUSH_DISK_TIMEOUT after five seconds, with the place of the message', async () => {
    const { disk, client } = await setUp(path);
    disk.fails = true;
    const { opaque } = client.tell(sendCommand({ topic: 'Safe' }));
    expect(await visibleCount(client)).toBe(0);
    await kit.clock.advance(4999);
    expect(client.answered(opaque)).toBeUndefined();
    expect(await visibleCount(client)).toBe(0);
    await kit.clock.advance(1);
    const answer = await client.answerTo(opaque);
    expect(answer).toMatchObject({ code: ResponseCode.FLUSH_DISK_TIMEOUT, remark: null });
    expect(Object.keys(answer.extFields)).toEqual(
      expect.arrayContaining(['msgId', 'queueId', 'queueOffset', 'transactionId', 'MSG_REGION', 'TRACE_ON']),
    );
    disk.fails = false;
    await client.ask(sendCommand({ topic: 'Safe' }));
    expect(await visibleCount(client)).toBe(2);
  });

  it('do not wait for one-way sends or for WAIT=false', async () => {
    const { disk, client } = await setUp(path);
    disk.fails = true;
    client.tell(sendCommand({ topic: 'Safe', oneway: true }));
    const properties = 'UNIQ_KEY\u0001A\u0002WAIT\u0001false\u0002';
    const answer = await client.ask(sendCommand({ topic: 'Safe', properties }));
    expect(answer).toMatchObject({ code: ResponseCode.SUCCESS, extFields: { queueOffset: '1' } });
    expect(await visibleCount(client)).toBe(0);
  });

  it('become refusals with the reason once a flush has poisoned the store', async () => {
    const { disk, client } = await setUp(path);
    const waiting = client.tell(sendCommand({ topic: 'Safe' }));
    disk.fails = true;
    disk.poisonReason = 'fdatasync of segment 0: EIO';
    const answer = await client.answerTo(waiting.opaque);
    expect(answer.code).toBe(ResponseCode.SERVICE_NOT_AVAILABLE);
    expect(answer.remark).toBe('service not available now: fdatasync of segment 0: EIO');
    const next = await client.ask(sendCommand({ topic: 'Safe' }));
    expect(next.code).toBe(ResponseCode.SERVICE_NOT_AVAILABLE);
    expect((await client.ask(pullCommand({ topic: 'Safe' }))).code).toBe(ResponseCode.PULL_NOT_FOUND);
  });
});

describe('a full disk', () => {
  it('refuses sends with its name, and takes them again when there is space', async () => {
    const native = loadNativeModule();
    let full = false;
    kit = await startBroker({
      hotPath: false,
      native: {
        ...native,
        append: (store, request, nowMillis, head) =>
          full ? AppendStatus.DISK_FULL : native.append(store, request, nowMillis, head),
      },
    });
    const client = await kit.connect();
    expect((await client.ask(sendCommand())).code).toBe(ResponseCode.SUCCESS);
    full = true;
    const refused = await client.ask(sendCommand());
    expect(refused.code).toBe(ResponseCode.SERVICE_NOT_AVAILABLE);
    expect(refused.remark).toBe("service not available now: the broker's disk is full");
    full = false;
    expect((await client.ask(sendCommand())).extFields['queueOffset']).toBe('1');
  });
});

it(
  'a broker that stops answers the sends that wait for the disk and the pulls that wait for messages',
  { timeout: 60_000 },
  async () => {
    const directory = await temporaryDirectory();
    kit = await startBroker({ location: { kind: 'directory', path: directory.path } });
    const client = await kit.connect();
    await client.ask(createTopicCommand('Safe', { attributes: '+ack.level=fsync' }));
    client.frames.length = 0;
    const held = client.tell(longPullCommand({ topic: 'Safe', queueId: 1 }));
    const sends = Array.from({ length: 20 }, () => client.tell(sendCommand({ topic: 'Safe' })));
    // The sends arrive; a flush takes a thread and so comes later.
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    expect(client.frames).toHaveLength(0);
    const stopped = kit.broker.stop();
    for (const { opaque } of sends) expect((await client.answerTo(opaque)).code).toBe(ResponseCode.SUCCESS);
    expect((await client.answerTo(held.opaque)).code).toBe(ResponseCode.PULL_NOT_FOUND);
    await kit.clock.advance(6000);
    await stopped;
    await directory.remove();
  },
);
