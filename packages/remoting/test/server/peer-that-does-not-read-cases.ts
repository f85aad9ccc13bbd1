import { encodeFrame, requestCommand, responseTo } from '@centaurmq/protocol';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/index.ts';
import type { ByteStream } from '../../src/index.ts';
import { echoRequest, startHouse, until } from '../fixture.ts';
import type { World } from '../fixture.ts';

const SECOND = { timeoutMillis: 5_000 };
const LARGE = 40;

const idleEvents = (): Parameters<ByteStream['start']>[0] => ({
  receiveBuffer: () => Buffer.alloc(1),
  received: () => undefined,
  writable: () => undefined,
  closed: () => undefined,
});

export function peerThatDoesNotReadCases({ world, make }: World): void {
  describe(`a peer that does not read, over ${world}`, () => {
    it(
      'is not served beyond unsentBytesPause, and everything comes once it reads',
      { timeout: 60_000 },
      async () => {
        let served = 0;
        const body = Buffer.alloc(100_000, 'z');
        const house = await startHouse({
          ...make(),
          serverLimits: { unsentBytesPause: 1_000_000 },
          prepare: (server) =>
            server.register(LARGE, (request) => {
              served += 1;
              return responseTo(request, 0, { body });
            }),
        });
        const stream = await house.transport.connect({
          address: parseAddress(house.address),
          timeoutMillis: 1000,
        });
        const requests = 800;
        for (let index = 0; index < requests; index++)
          stream.write(encodeFrame({ ...requestCommand(LARGE), opaque: index }));
        // Others are served meanwhile, and by then the silent peer's requests have all arrived.
        for (let round = 0; round < 50; round++)
          await house.client.invoke(house.address, echoRequest(), SECOND);
        const servedUnread = served;
        expect(servedUnread).toBeGreaterThan(0);
        // Unsent bytes plus what the system's socket buffers take.
        expect(servedUnread * body.length).toBeLessThan(1_000_000 + 12_000_000);
        let received = 0;
        const buffer = Buffer.alloc(1024 * 1024);
        stream.start({
          ...idleEvents(),
          receiveBuffer: () => buffer,
          received: (length) => void (received += length),
        });
        await until(() => served === requests, 'all are served');
        const frameLength = encodeFrame({ ...responseTo(requestCommand(LARGE), 0, { body }) }).length;
        await until(() => received >= requests * frameLength, 'all answers are there');
        stream.destroy();
        await house.stop();
      },
    );
  });
}
