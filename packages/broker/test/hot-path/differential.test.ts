import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RequestCode, decodeFrame, encodeFrame, requestCommand } from '@centaurmq/protocol';
import { seededRandom } from '@centaurmq/remoting';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type BrokerKit,
  type FrameClient,
  sendCommand,
  startBroker,
  temporaryDirectory,
  until,
} from '../broker-kit.ts';
import { countingEngine } from './counting-engine.ts';
import { createTopicCommand } from './create-topic-command.ts';
import { type Path, hotPaths } from './paths.ts';
import { type NativeModule, loadNativeModule } from '../../src/store/native-module.ts';
import { type GeneratedFrame, SendGenerator } from './send-generator.ts';

const seed = Number(process.env['DIFFERENTIAL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const frameCount = Number(process.env['DIFFERENTIAL_FRAMES'] ?? 5_000);
const FRAMES_PER_CHUNK_MAX = 12;

interface Side {
  readonly kit: BrokerKit;
  readonly client: FrameClient;
  readonly path: string;
  readonly answers: Map<number, Buffer>;
}

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function startSide(path: Path, native: NativeModule): Promise<Side> {
  const directory = await temporaryDirectory();
  cleanUps.push(directory.remove);
  const location = { kind: 'directory', path: directory.path } as const;
  const kit = await startBroker({ location, ...path, native, config: { maxMessageSize: 8192 } });
  cleanUps.push(() => kit.stop());
  const client = await kit.connect();
  for (const topic of ['T0', 'T1', 'T2'])
    await client.ask(sendCommand({ topic, properties: `UNIQ_KEY\u0001${topic}` }));
  await client.ask(createTopicCommand('Safe', { attributes: '+ack.level=fsync' }));
  await client.ask(createTopicCommand('ReadOnly', { perm: 4 }));
  client.frames.length = 0;
  return { kit, client, path: directory.path, answers: new Map() };
}

/** With one frame at most whose topic may have to be created: which of two would be there first is chance. */
function nextChunk(generator: SendGenerator, length: number): GeneratedFrame[] {
  const frames = Array.from({ length }, () => generator.next());
  const creating = frames.find(({ mayCreateTopic }) => mayCreateTopic === true);
  return frames.filter((frame) => frame === creating || frame.mayCreateTopic !== true);
}

/** Of a question behind each chunk: when it is answered, also the one-way sends before it are stored. */
const FENCE_OPAQUE = -1;
const fence = encodeFrame({ ...requestCommand(RequestCode.GET_BROKER_CONFIG), opaque: FENCE_OPAQUE });

/**
 * Feeds one chunk and waits until all of it is answered. It breaks off in the fence, of which the rest follows: cut elsewhere, a topic
 * that is only being created would be there sooner or later than what comes behind.
 */
async function feed(side: Side, chunk: readonly GeneratedFrame[], restBytes: number): Promise<void> {
  const { client, answers } = side;
  const bytes = Buffer.concat([...chunk.map((frame) => frame.bytes), fence]);
  const cut = bytes.length - restBytes;
  client.stream.write(bytes.subarray(0, cut));
  client.stream.write(bytes.subarray(cut));
  const expected = chunk.filter(({ answered }) => answered).length + 1;
  await until(() => client.frames.length >= expected || client.closed);
  for (const frame of client.frames.splice(0)) answers.set(decodeFrame(frame).opaque, frame);
}

function describeFrame(frame: GeneratedFrame): string {
  return `frame ${frame.opaque} of seed ${seed}: ${JSON.stringify(decodeFrame(frame.bytes), (_key, value: unknown) => (value instanceof Uint8Array ? `${value.length} bytes` : value))}`;
}

async function filesUnder(path: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const folder of ['commitlog', 'consumequeue', 'index']) {
    const entries = await readdir(join(path, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((entry) => entry.isFile())) {
      const file = join(entry.parentPath, entry.name);
      const bytes = await readFile(file);
      // The next segment is prepared in the background: it may be there already or not yet.
      if (!bytes.equals(Buffer.alloc(bytes.length))) files.set(file.slice(path.length), bytes);
    }
  }
  return files;
}

describe.each(hotPaths)('%s', (_name, path) => {
  it(
    'answers and stores what the general path answers and stores, to the byte',
    { timeout: 300_000 },
    async () => {
      console.log(`DIFFERENTIAL_SEED=${seed} DIFFERENTIAL_FRAMES=${frameCount}`);
      const random = seededRandom(seed);
      const generator = new SendGenerator(random);
      const engine = countingEngine();
      const [hot, general] = [
        await startSide(path, engine.native),
        await startSide({ hotPath: false }, loadNativeModule()),
      ];
      const codes = new Map<number, number>();
      for (let sent = 0; sent < frameCount;) {
        const chunk = nextChunk(generator, 1 + random.below(FRAMES_PER_CHUNK_MAX));
        sent += chunk.length;
        const restBytes = random.below(fence.length);
        await Promise.all([feed(hot, chunk, restBytes), feed(general, chunk, restBytes)]);
        for (const frame of chunk) {
          const [one, other] = [hot.answers.get(frame.opaque), general.answers.get(frame.opaque)];
          if (one !== undefined && other?.equals(one)) {
            const { code } = decodeFrame(one);
            codes.set(code, (codes.get(code) ?? 0) + 1);
            continue;
          }
          if (!frame.answered && one === undefined && other === undefined) continue;
          const decoded = [one, other].map((answer) => (answer === undefined ? null : decodeFrame(answer)));
          expect(decoded[0], describeFrame(frame)).toEqual(decoded[1]);
          expect(one?.toString('latin1'), describeFrame(frame)).toBe(other?.toString('latin1'));
        }
        hot.answers.clear();
        general.answers.clear();
        const millis = random.below(6);
        await Promise.all([hot.kit.clock.advance(millis), general.kit.clock.advance(millis)]);
      }
      // A test that compares only refusals, or the general path with itself, would prove nothing.
      expect(engine.appendedCount).toBeGreaterThan(frameCount / 3);
      expect(codes.get(0)).toBeGreaterThan(frameCount / 2);
      expect(codes.size).toBeGreaterThan(3);
      await Promise.all([hot.kit.stop(), general.kit.stop()]);
      const [ones, others] = [await filesUnder(hot.path), await filesUnder(general.path)];
      expect([...ones.keys()].toSorted()).toEqual([...others.keys()].toSorted());
      for (const [name, bytes] of ones)
        expect(bytes.equals(others.get(name)!), `${name} of seed ${seed}`).toBe(true);
    },
  );
});
