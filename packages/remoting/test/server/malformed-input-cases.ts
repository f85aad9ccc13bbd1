import { encodeFrame, requestCommand, responseTo } from '@centaurmq/protocol';
import { describe, expect, it } from 'vitest';
import { parseAddress, seededRandom } from '../../src/index.ts';
import type { Random } from '../../src/index.ts';
import { collect, ECHO, echoRequest, startHouse, until } from '../fixture.ts';
import type { House, World } from '../fixture.ts';

const SECOND = { timeoutMillis: 20_000 };

async function raw(
  house: House,
): Promise<{ write(bytes: Buffer): void; destroy(): void; received: Buffer[]; closed: () => boolean }> {
  const stream = await house.transport.connect({ address: parseAddress(house.address), timeoutMillis: 1000 });
  const received: Buffer[] = [];
  let closed = false;
  collect(stream, received, () => {
    closed = true;
  });
  return {
    write: (bytes) => void stream.write(bytes),
    destroy: () => stream.destroy(),
    received,
    closed: () => closed,
  };
}

export function malformedInputCases({ world, make }: World): void {
  describe(`malformed input over ${world}`, { timeout: 60_000 }, () => {
    it.each([
      ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'frame length at byte 0'],
      ['a frame above frameLengthMax', Buffer.from('7fffffff00000000', 'hex'), 'frame length at byte 0'],
      ['a frame too short for its header word', Buffer.from('0000000000000000', 'hex'), 'expected 4 to'],
      ['a header longer than its frame', Buffer.from('00000008000000ff7b7d0000', 'hex'), 'malformed frame'],
      ['an unknown serialize type', Buffer.from('00000006770000027b7d', 'hex'), 'malformed frame'],
      ['a header that is no JSON', Buffer.from('00000006000000027b5d', 'hex'), 'malformed frame'],
    ])('%s closes that connection, says why, and disturbs nobody', async (_what, bytes, reason) => {
      const house = await startHouse(make());
      const other = house.client.invoke(house.address, echoRequest('before'), SECOND);
      const peer = await raw(house);
      peer.write(bytes);
      await until(peer.closed, 'the connection is closed');
      await other;
      expect(await house.client.invoke(house.address, echoRequest('after'), SECOND)).toMatchObject({
        code: 0,
      });
      const line = house.serverLog.find(({ message }) => message === 'connection closed');
      expect(JSON.stringify(line)).toContain(reason);
      expect(line?.level).toBe('warn');
      await house.stop();
    });

    it('takes frames cut at every byte', async () => {
      const house = await startHouse(make());
      const peer = await raw(house);
      const frames = [0, 1, 2].map((index) => echoRequest(`cut ${index}`, index));
      const wire = Buffer.concat(frames.map((command) => encodeFrame(command)));
      const expected = Buffer.concat(
        frames.map((command) =>
          encodeFrame(responseTo(command, 0, { extFields: command.extFields, body: command.body })),
        ),
      );
      for (let cut = 0; cut <= wire.length; cut++) {
        const before = peer.received.length;
        peer.write(wire.subarray(0, cut));
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        peer.write(wire.subarray(cut));
        await until(
          () => Buffer.concat(peer.received.slice(before)).length >= expected.length,
          `answers to a cut at ${cut}`,
        );
        expect(Buffer.concat(peer.received.splice(0)).equals(expected), `cut at ${cut}`).toBe(true);
      }
      for (const byte of wire) peer.write(Buffer.from([byte]));
      await until(() => Buffer.concat(peer.received).length >= expected.length, 'answers to single bytes');
      expect(Buffer.concat(peer.received).equals(expected)).toBe(true);
      peer.destroy();
      await house.stop();
    });

    it('survives mutated frames', async () => {
      const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
      const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 300);
      console.log(`mutated frames: FUZZ_SEED=${seed} FUZZ_ROUNDS=${rounds}`);
      const random = seededRandom(seed);
      const house = await startHouse(make());
      for (let round = 0; round < rounds; round++) {
        const peer = await raw(house);
        const chunks = 1 + random.below(4);
        for (let chunk = 0; chunk < chunks; chunk++) peer.write(mutated(random));
        if (round % 50 === 0) {
          expect(
            await house.client.invoke(house.address, echoRequest(`round ${round}`), SECOND),
          ).toMatchObject({ code: 0 });
        }
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        peer.destroy();
      }
      await until(() => house.server.connectionCount === 1, 'only the client is left');
      expect(house.client.pendingCallCount + house.server.pendingCallCount).toBe(0);
      expect(await house.client.invoke(house.address, echoRequest('after all'), SECOND)).toMatchObject({
        code: 0,
      });
      await house.stop();
    });
  });
}

/** A few good frames with a few bytes overwritten, removed or added. */
function mutated(random: Random): Buffer {
  const frames = Array.from({ length: 1 + random.below(5) }, () =>
    encodeFrame({
      ...requestCommand(random.below(3) === 0 ? random.below(400) : ECHO, {
        extFields: { text: 'x'.repeat(random.below(40)) },
        body: Buffer.alloc(random.below(300), random.below(256)),
      }),
      opaque: random.below(1_000_000),
      flag: random.below(8) === 0 ? random.below(4) : 0,
    }),
  );
  let bytes = Buffer.concat(frames);
  for (let change = random.below(6); change > 0; change--) {
    const at = random.below(bytes.length);
    const kind = random.below(4);
    if (kind === 0) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))]);
    else if (kind === 1)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([random.below(256)]), bytes.subarray(at)]);
    else bytes[at] = random.below(256);
    if (bytes.length === 0) break;
  }
  return bytes;
}
