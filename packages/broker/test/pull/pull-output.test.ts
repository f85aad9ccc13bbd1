import { ResponseCode, decodeFrame, requestCommand, responseTo } from '@centaurmq/protocol';
import type { Connection } from '@centaurmq/remoting';
import { expect, it } from 'vitest';
import { PullOutput } from '../../src/pull/pull-output.ts';
import type { GetMessageResult, OutputTooSmall } from '../../src/store/message-store.ts';

const address = { host: '10.0.0.1', port: 1 };
const connection: Connection = { id: 1, remote: address, local: address, isOpen: true };
const request = {
  topic: 'T',
  queueId: 0,
  queueOffset: 0,
  messageCountMax: 32,
  recordBytesMax: 100_000,
  tagCodes: null,
};
const limits = { recordBytesMax: 100_000, buffersMax: 2, buffersIdleMax: 1 };

interface Sent {
  readonly bytes: Uint8Array;
  readonly done: (() => void) | undefined;
}

/** A store whose read gives so many bytes of a pattern, or fails. */
function setUp(read: () => number) {
  const sent: Sent[] = [];
  const store = {
    read(_request: unknown, out: Uint8Array, outStart: number): GetMessageResult | OutputTooSmall {
      const recordBytes = read();
      if (recordBytes > out.length - outStart)
        return { status: 'OUTPUT_TOO_SMALL', requiredBytes: recordBytes };
      for (let index = 0; index < recordBytes; index += 1) out[outStart + index] = index % 251;
      const offsets = { nextBeginOffset: 1, minOffset: 0, maxOffset: 1 };
      return { ...offsets, status: 'FOUND', messageCount: 1, recordBytes, behindBytes: 0 };
    },
  };
  const output = new PullOutput(store, (_connection, bytes, done) => sent.push({ bytes, done }), limits);
  const send = (): void => {
    const response = responseTo(requestCommand(11), ResponseCode.SUCCESS, { extFields: { a: 'b' } });
    output.read(request).send(connection, response);
  };
  return { output, sent, send };
}

function isPattern(body: Uint8Array, length: number): boolean {
  return body.length === length && body.every((byte, index) => byte === index % 251);
}

it.each([1, 8192, 8193, 100_000, 300_000])('sends %i bytes of records as the body of one frame', (length) => {
  const { sent, send } = setUp(() => length);
  send();
  expect(sent).toHaveLength(1);
  const frame = decodeFrame(sent[0]!.bytes);
  expect(frame).toMatchObject({ code: ResponseCode.SUCCESS, extFields: { a: 'b' } });
  expect(isPattern(frame.body, length)).toBe(true);
});

it('lends as many buffers as there are, then copies, and lends again what came back', () => {
  const { sent, send } = setUp(() => 50_000);
  for (let count = 0; count < 4; count += 1) send();
  expect(sent.map(({ done }) => done !== undefined)).toEqual([true, true, false, false]);
  for (const { bytes } of sent) expect(isPattern(decodeFrame(bytes).body, 50_000)).toBe(true);
  sent[0]!.done!();
  send();
  expect(sent[4]!.done).toBeDefined();
});

it('keeps no buffer when a read fails or nothing is sent', () => {
  let fails = true;
  const { output, sent, send } = setUp(() => {
    if (fails) throw new Error('EIO');
    return 50_000;
  });
  for (let count = 0; count < 10; count += 1) expect(send).toThrow('EIO');
  fails = false;
  for (let count = 0; count < 10; count += 1) {
    const records = output.read(request);
    records.release();
    records.release();
  }
  send();
  send();
  send();
  expect(sent.map(({ done }) => done !== undefined)).toEqual([true, true, false]);
});
