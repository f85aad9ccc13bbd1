import { encodeFrame, requestCommand, responseTo } from '@centaurmq/protocol';
import { describe, expect, it } from 'vitest';
import {
  ManualClock,
  memoryTransport,
  parseAddress,
  RemotingClient,
  RemotingServer,
  silentLogger,
} from '../../src/index.ts';
import type { ByteStream, InvokeOptions, Transport } from '../../src/index.ts';
import { echoRequest, startHouse, until, worlds } from '../fixture.ts';

const SECOND = { timeoutMillis: 5_000 };
const HELD = 11;

describe.each(worlds)('a RemotingClient over $world', { timeout: 30_000 }, ({ make }) => {
  it('makes one connection for concurrent first calls', async () => {
    const world = make();
    let connects = 0;
    const transport: Transport = {
      listen: (options) => world.transport.listen(options),
      connect(options) {
        connects += 1;
        return world.transport.connect(options);
      },
    };
    const house = await startHouse({ ...world, transport });
    await Promise.all([1, 2, 3].map(() => house.client.invoke(house.address, echoRequest(), SECOND)));
    expect(connects).toBe(1);
    await house.client.close(house.address);
    await house.client.invoke(house.address, echoRequest(), SECOND);
    expect(connects).toBe(2);
    await house.stop();
  });

  it('joins the requests of one turn, and writes urgent ones by themselves', async () => {
    const world = make();
    const { transport, writes } = countingWrites(world.transport);
    const house = await startHouse({ ...world, transport });
    await house.client.invoke(house.address, echoRequest(), SECOND);
    const writesOf = async (options: InvokeOptions): Promise<number> => {
      const before = writes();
      await Promise.all([1, 2, 3].map(() => house.client.invoke(house.address, echoRequest(), options)));
      return writes() - before;
    };
    expect(await writesOf(SECOND)).toBe(1);
    expect(await writesOf({ ...SECOND, isUrgent: true })).toBe(3);
    await house.stop();
  });

  it('says who refused', async () => {
    const house = await startHouse(make());
    await house.server.stop({ drainMillis: 1000 });
    await expect(house.client.invoke(house.address, echoRequest(), SECOND)).rejects.toMatchObject({
      name: 'RemotingConnectError',
      address: house.address,
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await expect(house.client.invokeOneway(house.address, echoRequest(), SECOND)).rejects.toMatchObject({
      name: 'RemotingConnectError',
    });
    await expect(house.client.invoke('nonsense', echoRequest(), SECOND)).rejects.toMatchObject({
      name: 'RemotingConnectError',
      message: expect.stringContaining("'nonsense' is not an address"),
    });
    await house.client.close();
    await expect(house.client.invoke(house.address, echoRequest(), SECOND)).rejects.toThrow(
      "the client 'test' is closed",
    );
  });

  it('fails waiting calls when the server goes away, and connects again when it is back', async () => {
    const house = await startHouse({ ...make(), prepare: (server) => server.register(HELD, () => null) });
    await house.client.invoke(house.address, echoRequest(), SECOND);
    const closed: string[] = [];
    house.client.onConnectionClosed((address) => closed.push(address));
    const waiting = [1, 2, 3].map(() => house.client.invoke(house.address, requestCommand(HELD), SECOND));
    const failures = Promise.allSettled(waiting);
    await house.server.stop({ drainMillis: 1000 });
    for (const failure of await failures) {
      expect(failure).toMatchObject({
        status: 'rejected',
        reason: { name: 'RemotingSendError', address: house.address },
      });
    }
    expect(house.client.pendingCallCount).toBe(0);
    await until(() => closed.length > 0, 'the listener is told');
    expect(closed).toEqual([house.address]);
    await house.client.close();
  });

  it('says that a request is too large to be sent, and goes on', async () => {
    const house = await startHouse(make());
    const tooLarge = requestCommand(10, { body: Buffer.alloc(17_000_000) });
    await expect(house.client.invoke(house.address, tooLarge, SECOND)).rejects.toMatchObject({
      name: 'FrameError',
    });
    await expect(house.client.invokeOneway(house.address, tooLarge, SECOND)).rejects.toMatchObject({
      name: 'FrameError',
    });
    expect(house.client.pendingCallCount).toBe(0);
    expect(await house.client.invoke(house.address, echoRequest(), SECOND)).toMatchObject({ code: 0 });
    await house.stop();
  });

  it('gives up when the signal says so', async () => {
    const house = await startHouse({ ...make(), prepare: (server) => server.register(HELD, () => null) });
    const controller = new AbortController();
    const held = house.client.invoke(house.address, requestCommand(HELD), {
      ...SECOND,
      signal: controller.signal,
    });
    await until(() => house.server.connectionCount === 1, 'connected');
    controller.abort(new Error('enough'));
    await expect(held).rejects.toThrow('enough');
    expect(house.client.pendingCallCount).toBe(0);
    await expect(
      house.client.invoke(house.address, echoRequest(), { ...SECOND, signal: controller.signal }),
    ).rejects.toThrow('enough');
    await house.stop();
  });
});

describe('a RemotingClient on virtual time', () => {
  it('times out exactly then, names the limit, and takes a late answer for nobody', async () => {
    const clock = new ManualClock();
    const late: (() => void)[] = [];
    const house = await startHouse({
      transport: memoryTransport({ clock }),
      clock,
      prepare: (server) =>
        server.register(HELD, (request, { connection }) => {
          late.push(() => server.respond(connection, request, responseTo(request, 0)));
          return null;
        }),
    });
    let failure: unknown;
    const call = house.client.invoke(house.address, requestCommand(HELD), { timeoutMillis: 2_000 });
    call.catch((error: unknown) => {
      failure = error;
    });
    await clock.advance(1_999);
    expect(failure).toBeUndefined();
    await clock.advance(1);
    expect(failure).toMatchObject({
      name: 'RemotingTimeoutError',
      address: house.address,
      elapsedMillis: 2_000,
      limit: 2_000,
    });
    expect(house.client.pendingCallCount).toBe(0);
    late[0]?.();
    await clock.advance(0);
    expect(await house.client.invoke(house.address, echoRequest(), SECOND)).toMatchObject({ code: 0 });
    await house.stop();
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('takes a connection for dead when the peer owes an answer and stays silent', async () => {
    const clock = new ManualClock();
    const house = await startHouse({
      transport: memoryTransport({ clock }),
      clock,
      prepare: (server) => server.register(HELD, () => null),
    });
    const quick = house.client.invoke(house.address, requestCommand(HELD), { timeoutMillis: 100 });
    const slow = house.client.invoke(house.address, requestCommand(HELD), { timeoutMillis: 3_000 });
    const other = house.client.invoke(house.address, requestCommand(HELD), { timeoutMillis: 60_000 });
    const results = Promise.allSettled([quick, slow, other]);
    await clock.advance(100);
    expect(house.client.connectionCount).toBe(1);
    await clock.advance(2_900);
    expect(await results).toMatchObject([
      { reason: { name: 'RemotingTimeoutError' } },
      { reason: { name: 'RemotingTimeoutError' } },
      { reason: { name: 'RemotingSendError', message: expect.stringContaining('silentMillisMax') } },
    ]);
    expect(await house.client.invoke(house.address, echoRequest(), SECOND)).toMatchObject({ code: 0 });
    await house.stop();
  });

  it('does not take a connection for dead when the peer has spoken since', async () => {
    const clock = new ManualClock();
    const house = await startHouse({
      transport: memoryTransport({ clock }),
      clock,
      prepare: (server) => server.register(HELD, () => null),
    });
    const held = (timeoutMillis: number): Promise<unknown> =>
      house.client
        .invoke(house.address, requestCommand(HELD), { timeoutMillis })
        .catch((error: Error) => error.name);
    const first = held(2_000);
    await clock.advance(2_900);
    await house.client.invoke(house.address, echoRequest(), SECOND);
    const second = held(200);
    await clock.advance(200);
    expect(await Promise.all([first, second])).toEqual(['RemotingTimeoutError', 'RemotingTimeoutError']);
    expect(house.client.connectionCount).toBe(1);
    await house.stop();
  });

  it('closes an idle connection after 120 s, not before, and not one in use', async () => {
    const clock = new ManualClock();
    const transport = memoryTransport({ clock });
    const house = await startHouse({ transport, clock });
    await house.client.invoke(house.address, echoRequest(), SECOND);
    await clock.advance(60_000);
    await house.client.invoke(house.address, echoRequest(), SECOND);
    await clock.advance(119_999);
    expect(house.server.connectionCount).toBe(1);
    await clock.advance(1);
    expect(house.server.connectionCount).toBe(0);
    expect(house.client.connectionCount).toBe(0);
    const closed = house.serverLog.find(({ message }) => message === 'connection closed');
    expect(JSON.stringify(closed?.fields)).toContain('neither read nor written for 120000 ms');
    expect(closed?.level).toBe('info');
    await house.stop();
  });

  it('connects again for a call that comes while a closed connect is still under way', async () => {
    const clock = new ManualClock();
    const house = await startHouse({ transport: memoryTransport({ clock, latencyMillis: 10 }), clock });
    const closedOn = expect(house.client.invoke(house.address, echoRequest(), SECOND)).rejects.toMatchObject({
      name: 'RemotingConnectError',
    });
    await house.client.close(house.address);
    await closedOn;
    const next = house.client.invoke(house.address, echoRequest(), SECOND);
    await clock.advance(100);
    expect(await next).toMatchObject({ code: 0 });
    expect(house.client.connectionCount).toBe(1);
    const stopped = house.stop();
    await clock.advance(100);
    await stopped;
  });

  it('is served by the successor of a server that sends it away', async () => {
    const clock = new ManualClock();
    const transport = memoryTransport({ clock });
    let finish: (() => void) | undefined;
    const house = await startHouse({
      transport,
      clock,
      prepare: (server) =>
        server.register(HELD, async (request) => {
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          return responseTo(request, 0, { remark: 'finished' });
        }),
    });
    const working = house.client.invoke(house.address, requestCommand(HELD), SECOND);
    await clock.advance(0);
    const stopped = house.server.stop({ drainMillis: 5_000 });
    const { port } = parseAddress(house.address);
    const listen = { host: '127.0.0.1', port, tlsMode: 'disabled' } as const;
    const successor = new RemotingServer({
      name: 'successor',
      transport,
      clock,
      logger: silentLogger,
      listen,
    });
    successor.register(10, (request) => responseTo(request, 0, { remark: 'successor' }));
    await successor.start();
    expect(await house.client.invoke(house.address, echoRequest(), SECOND)).toMatchObject({ code: 1500 });
    expect(await house.client.invoke(house.address, echoRequest(), SECOND)).toMatchObject({
      remark: 'successor',
    });
    finish?.();
    expect(await working).toMatchObject({ remark: 'finished' });
    await stopped;
    expect(await house.client.invoke(house.address, echoRequest(), SECOND)).toMatchObject({
      remark: 'successor',
    });
    expect(successor.connectionCount).toBe(1);
    await house.client.close();
    await successor.stop({ drainMillis: 100 });
    await clock.advance(0);
    expect(successor.connectionCount).toBe(0);
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('bounds the calls that wait', async () => {
    const clock = new ManualClock();
    const house = await startHouse({
      transport: memoryTransport({ clock }),
      clock,
      clientLimits: { pendingCallsMax: 3 },
      prepare: (server) => server.register(HELD, () => null),
    });
    const waiting = [1, 2, 3].map(() => house.client.invoke(house.address, requestCommand(HELD), SECOND));
    const settled = Promise.allSettled(waiting);
    await expect(house.client.invoke(house.address, requestCommand(HELD), SECOND)).rejects.toMatchObject({
      name: 'RemotingTooMuchRequestError',
      limit: 3,
    });
    await clock.advance(0);
    await expect(house.client.invoke(house.address, requestCommand(HELD), SECOND)).rejects.toMatchObject({
      limit: 3,
    });
    await clock.advance(5_000);
    await settled;
    expect(await house.client.invoke(house.address, echoRequest(), SECOND)).toMatchObject({ code: 0 });
    await house.stop();
  });

  it('waits for a server that does not read, and says so when it takes too long', async () => {
    const clock = new ManualClock();
    const transport = memoryTransport({ clock, windowBytes: 1024 });
    const accepted: ByteStream[] = [];
    const listener = await transport.listen({
      host: '127.0.0.1',
      port: 0,
      tlsMode: 'disabled',
      accepted: (stream) => accepted.push(stream),
    });
    const client = new RemotingClient({
      name: 'test',
      transport,
      clock,
      logger: silentLogger,
      limits: { unsentBytesPause: 4_096 },
    });
    const address = `127.0.0.1:${listener.address.port}`;
    const body = Buffer.alloc(5_000);
    await client.invokeOneway(address, requestCommand(10, { body }), SECOND);
    await clock.advance(0);
    const second = client.invokeOneway(address, requestCommand(10, { body }), { timeoutMillis: 1_000 });
    const refused = expect(second).rejects.toMatchObject({
      name: 'RemotingTooMuchRequestError',
      limit: 4_096,
      elapsedMillis: 1_000,
    });
    await clock.advance(1_000);
    await refused;
    let sent = false;
    const third = client
      .invokeOneway(address, requestCommand(10, { body }), { timeoutMillis: 1_000 })
      .then(() => {
        sent = true;
        return sent;
      });
    await clock.advance(999);
    expect(sent).toBe(false);
    let received = 0;
    const buffer = Buffer.alloc(65_536);
    accepted[0]?.start({
      receiveBuffer: () => buffer,
      received: (length) => {
        received += length;
      },
      writable: () => undefined,
      closed: () => undefined,
    });
    expect(await third).toBe(true);
    await clock.advance(0);
    expect(received).toBe(2 * encodeFrame(requestCommand(10, { body, oneway: true })).length);
    await client.close();
  });
});

function countingWrites(inner: Transport): { readonly transport: Transport; readonly writes: () => number } {
  let count = 0;
  return {
    writes: () => count,
    transport: {
      listen: (options) => inner.listen(options),
      async connect(options) {
        const stream = await inner.connect(options);
        const write = stream.write.bind(stream);
        stream.write = (bytes, done) => {
          count += 1;
          return write(bytes, done);
        };
        return stream;
      },
    },
  };
}
