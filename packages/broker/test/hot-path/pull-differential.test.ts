import { RequestCode, decodeFrame, requestCommand } from '@centaurmq/protocol';
import { seededRandom } from '@centaurmq/remoting';
import { afterEach, describe, expect, it } from 'vitest';
import { type NativeModule, loadNativeModule } from '../../src/store/native-module.ts';
import { type BrokerKit, type FrameClient, sendCommand, startBroker } from '../broker-kit.ts';
import { countingEngine } from './counting-engine.ts';
import { createTopicCommand } from './create-topic-command.ts';
import { type Path, hotPaths } from './paths.ts';
import { PULL_GROUPS, PULL_TOPICS, PullGenerator } from './pull-generator.ts';
import type { GeneratedFrame } from './send-generator.ts';

const seed = Number(process.env['DIFFERENTIAL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const frameCount = Number(process.env['DIFFERENTIAL_FRAMES'] ?? 5_000);
const FRAMES_PER_CHUNK_MAX = 8;
const MESSAGES_PER_QUEUE = 60;

interface Side {
  readonly kit: BrokerKit;
  readonly client: FrameClient;
}

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function startSide(path: Path, native: NativeModule): Promise<Side> {
  const kit = await startBroker({ ...path, native });
  cleanUps.push(() => kit.stopWhileTimePasses());
  const client = await kit.connect();
  return { kit, client };
}

/** Feeds some frames and waits until all are answered: also the pulls that are held for some milliseconds. */
async function feed({ kit, client }: Side, frames: readonly GeneratedFrame[]): Promise<Map<number, Buffer>> {
  client.stream.write(Buffer.concat(frames.map(({ bytes }) => bytes)));
  while (client.frames.length < frames.length && !client.closed) {
    await kit.clock.advance(1);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  return new Map(client.frames.splice(0).map((frame) => [decodeFrame(frame).opaque, frame]));
}

async function fill({ client }: Side): Promise<void> {
  for (const topic of PULL_TOPICS) {
    await client.ask(createTopicCommand(topic, topic === 'Safe' ? { attributes: '+ack.level=fsync' } : {}));
    for (let index = 0; index < 4 * MESSAGES_PER_QUEUE; index += 1) {
      const bodyLength = index % 9 === 0 ? 20_000 : 100;
      const tag = ['a', 'b', 'c', 'ярлык'][index % 7] ?? 'd';
      const properties = `UNIQ_KEY\u0001${topic}-${index}\u0002TAGS\u0001${tag}\u0002`;
      client.tell(
        sendCommand({ topic, queueId: index % 4, body: Buffer.alloc(bodyLength, index), properties }),
      );
    }
  }
}

/** What is told about progress and counts. */
async function bookkeeping({ kit, client }: Side): Promise<unknown[]> {
  await kit.clock.advance(61_000);
  const questions = [
    requestCommand(RequestCode.GET_ALL_CONSUMER_OFFSET),
    ...PULL_GROUPS.map((consumerGroup) =>
      requestCommand(RequestCode.GET_CONSUME_STATS, { extFields: { consumerGroup } }),
    ),
    ...PULL_TOPICS.flatMap((topic) =>
      PULL_GROUPS.flatMap((group) =>
        ['GROUP_GET_NUMS', 'GROUP_GET_SIZE'].map((statsName) =>
          requestCommand(RequestCode.VIEW_BROKER_STATS_DATA, {
            extFields: { statsName, statsKey: `${topic}@${group}` },
          }),
        ),
      ),
    ),
  ];
  const answers = [];
  for (const question of questions) {
    const answer = await client.ask(question);
    answers.push([answer.code, answer.remark, Buffer.from(answer.body).toString()]);
  }
  return answers;
}

function describeFrame(frame: GeneratedFrame): string {
  const { code, extFields, serializeType } = decodeFrame(frame.bytes);
  return `frame ${frame.opaque} of seed ${seed}: ${JSON.stringify({ code, extFields, serializeType })}`;
}

describe.each(hotPaths)('%s', (_name, path) => {
  it(
    'answers pulls as the general path does, to the byte, and notes the same',
    { timeout: 300_000 },
    async () => {
      console.log(`DIFFERENTIAL_SEED=${seed} DIFFERENTIAL_FRAMES=${frameCount}`);
      const random = seededRandom(seed);
      const engine = countingEngine();
      const sides = [
        await startSide(path, engine.native),
        await startSide({ hotPath: false }, loadNativeModule()),
      ] as const;
      const generator = new PullGenerator(random, MESSAGES_PER_QUEUE);
      for (const side of sides) await fill(side);
      const total = PULL_TOPICS.length * 4 * MESSAGES_PER_QUEUE;
      for (const { client, kit } of sides) {
        while (client.frames.length < total + PULL_TOPICS.length) await kit.clock.advance(1);
        client.frames.length = 0;
      }
      const codes = new Map<number, number>();
      let chunk = generator.heartbeats();
      for (let sent = 0; sent < frameCount; sent += chunk.length) {
        const [ones, others] = await Promise.all(sides.map((side) => feed(side, chunk)));
        for (const frame of chunk) {
          const [one, other] = [ones?.get(frame.opaque), others?.get(frame.opaque)];
          if (one !== undefined && other?.equals(one)) {
            const { code } = decodeFrame(one);
            codes.set(code, (codes.get(code) ?? 0) + 1);
            continue;
          }
          const decoded = [one, other].map((answer) => (answer === undefined ? null : decodeFrame(answer)));
          expect({ ...decoded[0], body: null }, describeFrame(frame)).toEqual({ ...decoded[1], body: null });
          expect(one?.toString('latin1'), describeFrame(frame)).toBe(other?.toString('latin1'));
        }
        chunk = Array.from({ length: 1 + random.below(FRAMES_PER_CHUNK_MAX) }, () => generator.next());
      }
      // A test that compares only refusals, or the general path with itself, would prove nothing.
      expect(engine.answeredCount).toBeGreaterThan(frameCount / 25);
      expect(codes.get(0)).toBeGreaterThan(frameCount / 4);
      expect(codes.size).toBeGreaterThan(6);
      const [one, other] = await Promise.all(sides.map(bookkeeping));
      expect(one).toEqual(other);
    },
  );
});
