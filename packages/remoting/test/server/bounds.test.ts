import { encodeFrame, requestCommand, responseTo } from '@centaurmq/protocol';
import { describe, expect, it } from 'vitest';
import {
  ManualClock,
  memoryTransport,
  nodeTransport,
  parseAddress,
  RemotingServer,
  silentLogger,
  systemClock,
} from '../../src/index.ts';
import type { ChunkIngestor, IngestResult } from '../../src/index.ts';
import { collect, ECHO, echo, echoRequest, startHouse, worlds } from '../fixture.ts';
import { peerThatDoesNotReadCases } from './peer-that-does-not-read-cases.ts';

const SECOND = { timeoutMillis: 5_000 };
const LARGE = 40;
const SLOW = 41;

for (const world of worlds) peerThatDoesNotReadCases(world);

describe('limits on virtual time', () => {
  it('closes a peer above unsentBytesMax after the grace, and at once above twice as much', async () => {
    const clock = new ManualClock();
    const transport = memoryTransport({ clock });
    const house = await startHouse({
      transport,
      clock,
      serverLimits: { unsentBytesMax: 200_000, unsentGraceMillis: 10_000 },
    });
    const opened: Parameters<Parameters<RemotingServer['onConnectionOpened']>[0]>[0][] = [];
    house.server.onConnectionOpened((connection) => opened.push(connection));
    const streams = await Promise.all(
      [1, 2, 3].map(() => transport.connect({ address: parseAddress(house.address), timeoutMillis: 1000 })),
    );
    const [patient, recovering, flooded] = opened;
    house.server.sendFrames(patient!, Buffer.alloc(300_000));
    house.server.sendFrames(recovering!, Buffer.alloc(300_000));
    house.server.sendFrames(flooded!, Buffer.alloc(300_000));
    await clock.advance(5_000);
    expect(opened.map((connection) => connection.isOpen)).toEqual([true, true, true]);
    house.server.sendFrames(flooded!, Buffer.alloc(150_000));
    expect(flooded!.isOpen).toBe(false);
    collect(streams[1]!, []);
    await clock.advance(5_000);
    expect(opened.map((connection) => connection.isOpen)).toEqual([false, true, false]);
    const reasons = house.serverLog
      .filter(({ message }) => message === 'connection closed')
      .map(({ fields }) => JSON.stringify(fields));
    expect(reasons[0]).toContain('twice unsentBytesMax');
    expect(reasons[1]).toContain('unsentGraceMillis');
    await house.stop();
  });

  it('reads on only when handlers have caught up', async () => {
    const clock = new ManualClock();
    let working = 0;
    let mostWorking = 0;
    const house = await startHouse({
      transport: memoryTransport({ clock }),
      clock,
      serverLimits: { inFlightBytesMax: 20_000, inFlightBytesTotalMax: 30_000 },
      prepare: (server) =>
        server.register(SLOW, async (request) => {
          working += 1;
          mostWorking = Math.max(mostWorking, working);
          await new Promise<void>((resolve) => {
            clock.setTimer(10, resolve);
          });
          working -= 1;
          return responseTo(request, 0);
        }),
    });
    const body = Buffer.alloc(1_000);
    const answers = Promise.all(
      Array.from({ length: 200 }, () =>
        house.client.invoke(house.address, requestCommand(SLOW, { body }), { timeoutMillis: 60_000 }),
      ),
    );
    await clock.advance(5_000);
    expect(await answers).toHaveLength(200);
    expect(mostWorking).toBeGreaterThan(5);
    expect(mostWorking).toBeLessThanOrEqual(20);
    await house.stop();
  });

  it('closes the peer whose incomplete frame is one too many', async () => {
    const clock = new ManualClock();
    const transport = memoryTransport({ clock });
    const house = await startHouse({
      transport,
      clock,
      serverLimits: { partialFrameBytesTotalMax: 330_000 },
    });
    const streams = await Promise.all(
      [1, 2, 3].map(() => transport.connect({ address: parseAddress(house.address), timeoutMillis: 1000 })),
    );
    const begun = encodeFrame(requestCommand(ECHO, { body: Buffer.alloc(200_000) })).subarray(0, 120_000);
    for (const stream of streams) {
      collect(stream, []);
      stream.write(begun);
      await clock.advance(0);
    }
    expect(house.server.connectionCount).toBe(2);
    expect(JSON.stringify(house.serverLog)).toContain(
      'incomplete frames of all connections are 360000 bytes',
    );
    streams[0]!.destroy();
    await clock.advance(0);
    const next = await transport.connect({ address: parseAddress(house.address), timeoutMillis: 1000 });
    const received: Buffer[] = [];
    collect(next, received);
    const whole = encodeFrame(requestCommand(ECHO, { body: Buffer.alloc(200_000) }));
    for (let start = 0; start < whole.length; start += 50_000)
      next.write(whole.subarray(start, start + 50_000));
    await clock.advance(0);
    expect(Buffer.concat(received).length).toBeGreaterThan(200_000);
    for (const stream of [...streams, next]) stream.destroy();
    await clock.advance(0);
    await house.stop();
  });

  it('bounds calls to a client that does not answer', async () => {
    const clock = new ManualClock();
    const transport = memoryTransport({ clock });
    const house = await startHouse({ transport, clock, serverLimits: { pendingCallsMax: 2 } });
    let connection: Parameters<RemotingServer['call']>[0] | undefined;
    house.server.onConnectionOpened((opened) => {
      connection = opened;
    });
    const stream = await transport.connect({ address: parseAddress(house.address), timeoutMillis: 1000 });
    collect(stream, []);
    const calls = Promise.allSettled(
      [1, 2, 3].map(() => house.server.call(connection!, requestCommand(307), 3_000)),
    );
    await clock.advance(3_000);
    expect(await calls).toMatchObject([
      { reason: { name: 'RemotingTimeoutError', limit: 3_000 } },
      { reason: { name: 'RemotingTimeoutError', limit: 3_000 } },
      { reason: { name: 'RemotingTooMuchRequestError', limit: 2 } },
    ]);
    expect(house.server.pendingCallCount).toBe(0);
    stream.destroy();
    await clock.advance(0);
    await house.stop();
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('cuts off what is not drained in time', async () => {
    const clock = new ManualClock();
    const house = await startHouse({
      transport: memoryTransport({ clock }),
      clock,
      prepare: (server) => server.register(SLOW, () => new Promise(() => undefined)),
    });
    const stuck = house.client.invoke(house.address, requestCommand(SLOW), { timeoutMillis: 60_000 });
    const failed = expect(stuck).rejects.toMatchObject({ name: 'RemotingSendError' });
    await clock.advance(0);
    const stopped = house.server.stop({ drainMillis: 2_000 });
    await clock.advance(1_999);
    expect(house.server.connectionCount).toBe(1);
    await clock.advance(1);
    await stopped;
    await failed;
    expect(house.server.connectionCount).toBe(0);
  });

  it('says that a response is too large instead of sending it', async () => {
    const clock = new ManualClock();
    const house = await startHouse({
      transport: memoryTransport({ clock }),
      clock,
      serverLimits: { frameLengthMax: 10_000 },
      prepare: (server) =>
        server.register(LARGE, (request) => responseTo(request, 0, { body: Buffer.alloc(10_001) })),
    });
    const answer = await house.client.invoke(house.address, requestCommand(LARGE), SECOND);
    expect(answer.code).toBe(1);
    expect(answer.remark).toContain('10000 are allowed (frameLengthMax)');
    await house.stop();
  });
});

async function startWith(ingestor: ChunkIngestor) {
  const clock = new ManualClock();
  const transport = memoryTransport({ clock });
  const server = new RemotingServer({
    name: 'ingest',
    transport,
    clock,
    logger: silentLogger,
    listen: { host: '127.0.0.1', port: 0, tlsMode: 'disabled' },
    chunkIngestor: ingestor,
  });
  server.register(ECHO, echo);
  const address = await server.start();
  const stream = await transport.connect({ address, timeoutMillis: 1000 });
  const received: Buffer[] = [];
  let closed: Error | null | undefined;
  collect(stream, received, (reason) => {
    closed = reason;
  });
  return { clock, server, stream, received, closed: () => closed };
}

describe('the chunk ingestor', () => {
  const done: IngestResult = {
    consumedBytes: 0,
    responses: null,
    release: null,
    otherFrames: [],
    violation: null,
  };

  it('answers first, leaves frames to the request table, is asked again for the rest, and gets its memory back', async () => {
    const request = { ...echoRequest('left over'), opaque: 5 };
    const frame = encodeFrame(request);
    const reused = Buffer.from('first answer');
    let released = 0;
    const chunks: number[] = [];
    const closedOf: number[] = [];
    const { clock, stream, received, server } = await startWith({
      ingest(_connection, chunk) {
        chunks.push(chunk.length);
        if (chunk.length > frame.length) {
          return {
            ...done,
            consumedBytes: frame.length,
            responses: reused,
            release: () => {
              released += 1;
              reused.fill(0);
            },
          };
        }
        return { ...done, consumedBytes: frame.length, otherFrames: [0, frame.length] };
      },
      connectionClosed: (connection) => void closedOf.push(connection.id),
    });
    stream.write(Buffer.concat([frame, frame]));
    await clock.advance(0);
    const answer = encodeFrame(responseTo(request, 0, { extFields: request.extFields, body: request.body }));
    expect(Buffer.concat(received).toString('latin1')).toBe(`first answer${answer.toString('latin1')}`);
    expect(chunks).toEqual([2 * frame.length, frame.length]);
    expect(released).toBe(1);
    stream.destroy();
    await clock.advance(0);
    expect(closedOf).toHaveLength(1);
    await server.stop({ drainMillis: 10 });
  });

  it('closes the connection on a violation, a failure, or when nothing of a whole frame is consumed', async () => {
    const failing = (): IngestResult => {
      throw new Error('the store is poisoned');
    };
    const violating = (): IngestResult => ({ ...done, violation: 'bad header' });
    for (const ingest of [violating, () => done, failing]) {
      const { clock, stream, closed, server } = await startWith({
        ingest,
        connectionClosed: () => undefined,
      });
      stream.write(encodeFrame(echoRequest()));
      await clock.advance(0);
      expect(closed()).not.toBeUndefined();
      expect(server.connectionCount).toBe(0);
      await server.stop({ drainMillis: 10 });
    }
  });
});

it('joins the answers of one chunk into few writes', async () => {
  const inner = nodeTransport();
  let writes = 0;
  const transport: typeof inner = {
    connect: (options) => inner.connect(options),
    listen: (options) =>
      inner.listen({
        ...options,
        accepted(stream) {
          const write = stream.write.bind(stream);
          stream.write = (bytes, written) => {
            writes += 1;
            return write(bytes, written);
          };
          options.accepted(stream);
        },
      }),
  };
  const house = await startHouse({
    transport,
    clock: systemClock,
    prepare: (server) => server.register(SLOW, async (request) => responseTo(request, 0)),
  });
  await house.client.invoke(house.address, echoRequest(), SECOND);
  writes = 0;
  await Promise.all(
    Array.from({ length: 500 }, () => house.client.invoke(house.address, echoRequest(), SECOND)),
  );
  expect(writes).toBeLessThan(20);
  writes = 0;
  await Promise.all(
    Array.from({ length: 500 }, () => house.client.invoke(house.address, requestCommand(SLOW), SECOND)),
  );
  expect(writes).toBeLessThan(20);
  await house.stop();
});
