import { describe, expect, it } from 'vitest';
import {
  FrameError,
  HeaderError,
  HeartbeatData,
  JsonError,
  PullMessageRequestHeader,
  RecordError,
  RegisterBrokerBody,
  SendMessageRequestHeader,
  SendMessageRequestHeaderV2,
  TopicRouteData,
  TopicStatsTable,
  decodeBatch,
  decodeCompressedRegisterBrokerBody,
  decodeFrame,
  decodeRecords,
  encodeFrame,
} from '../src/index.ts';
import { golden } from './support/golden.ts';
import { Seeded, mutate, seedOfRun } from './support/seeded.ts';

// Whatever arrives, a decoder answers with a value or with the error that it promises; it neither hangs nor fails otherwise.

const MUTANTS = Number(process.env['MUTANTS'] ?? 2000);
const random = new Seeded(seedOfRun());

function unhexed(name: string, key: string): Buffer[] {
  return (golden(name) as Record<string, string | undefined>[]).flatMap((entry) => {
    const hex = entry[key];
    return hex === undefined ? [] : [Buffer.from(hex, 'hex')];
  });
}

const texts = (golden('bodies') as { text?: string }[]).flatMap(({ text }) =>
  text === undefined ? [] : [Buffer.from(text)],
);

function decodeFrameWithHeader(bytes: Uint8Array): unknown {
  const command = decodeFrame(bytes);
  expect(decodeFrame(encodeFrame(command))).toEqual(command);
  const header = random.pick([
    SendMessageRequestHeader,
    SendMessageRequestHeaderV2,
    PullMessageRequestHeader,
  ]);
  return header.decode(command.extFields);
}

function decodeBodies(bytes: Uint8Array): unknown {
  return random.pick([RegisterBrokerBody, TopicRouteData, TopicStatsTable, HeartbeatData]).decode(bytes);
}

describe.each([
  ['frames and headers', unhexed('frames', 'frameHex'), decodeFrameWithHeader, [FrameError, HeaderError]],
  [
    'records',
    unhexed('records', 'recordHex'),
    (bytes) => decodeRecords(bytes, { verifyBodyCrc: false }),
    [RecordError],
  ],
  [
    'batches',
    [Buffer.from((golden('batches') as { batchHex: string }).batchHex, 'hex')],
    decodeBatch,
    [RecordError],
  ],
  ['bodies', texts, decodeBodies, [JsonError]],
  [
    'compressed registrations',
    unhexed('bodies', 'hex'),
    (bytes) => decodeCompressedRegisterBrokerBody(bytes, 479),
    [JsonError],
  ],
] satisfies [
  string,
  Buffer[],
  (bytes: Uint8Array) => unknown,
  (abstract new (...args: never[]) => Error)[],
][])('mutated %s', (_name, originals, decode, errors) => {
  it('give a value or the promised error', { timeout: 3_600_000 }, () => {
    let accepted = 0;
    for (let count = 0; count < MUTANTS; count += 1) {
      const mutant = mutate(random.pick(originals), random);
      try {
        decode(mutant);
        accepted += 1;
      } catch (error) {
        if (!errors.some((type) => error instanceof type)) {
          throw new Error(`mutant ${mutant.toString('hex')}`, { cause: error });
        }
      }
    }
    // Some changes do no harm, most do: both sides of the decoder have been walked.
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(MUTANTS);
  });
});
