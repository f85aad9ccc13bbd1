import {
  MqVersion,
  RequestCode,
  ResponseCode,
  decodeFrame,
  encodeFrame,
  requestCommand,
  responseTo,
} from '@centaurmq/protocol';
import {
  type Connection,
  RemotingClient,
  type Transport,
  memoryTransport,
  nodeTransport,
  selfSignedIdentity,
  silentLogger,
} from '@centaurmq/remoting';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { loadNativeModule } from '../../src/store/native-module.ts';
import { LISTEN_PORT, sendCommand, startBroker, until } from '../broker-kit.ts';
import { createTopicCommand } from '../hot-path/create-topic-command.ts';
import {
  ECHO,
  type HotServer,
  type HotServerOptions,
  type LogLine,
  type RawClient,
  recordingLogger,
  startHotServer,
} from './hot-server.ts';

const SLOW = 11;

let hot: HotServer;

async function start(options: HotServerOptions = {}): Promise<HotServer> {
  hot = await startHotServer(options);
  return hot;
}

function sends(count: number, topic = 'T', firstOpaque = 0): Buffer {
  const frames = Array.from({ length: count }, (_, index) =>
    encodeFrame({ ...sendCommand({ topic, body: 'x' }), opaque: firstOpaque + index }),
  );
  return Buffer.concat(frames);
}

function echoFrame(opaque: number, body = Buffer.from('hello')): Buffer {
  return encodeFrame({ ...requestCommand(ECHO, { body }), opaque });
}

function opaques(frames: readonly Buffer[]): number[] {
  return frames.map((frame) => decodeFrame(frame).opaque);
}

function codes(frames: readonly Buffer[]): number[] {
  return frames.map((frame) => decodeFrame(frame).code);
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function closingReasons(log: readonly LogLine[]): unknown[] {
  return log
    .filter(({ message }) => message === 'connection closed')
    .map(({ level, fields }) => [level, Reflect.get(fields, 'reason')]);
}

/** So many turns of the loop that what was written has been read, if anybody reads. */
async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

async function settled(client: RawClient, connection: Connection | undefined): Promise<void> {
  await until(() => client.closed || connection?.isOpen === false);
}

describe.skipIf(process.platform !== 'linux')('sockets of the engine', { timeout: 60_000 }, () => {
  afterEach(() => hot.stop());

  it('counts what only the hot path hears as activity, and closes a silent peer as idle', async () => {
    const { clock, open, opened, log } = await start({ limits: { idleMillisMax: 1000 } });
    const [talking, silent] = [await open(), await open()];
    for (let round = 1; round <= 10; round++) {
      talking.write(sends(1));
      await talking.read(round);
      await clock.advance(400);
    }
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([true, false]);
    await until(() => silent.ended);
    expect(closingReasons(log)).toEqual([['info', 'idle: neither read nor written for 1000 ms']]);
    await clock.advance(2000);
    expect(opened[0]?.isOpen).toBe(false);
    expect(hot.calls.ingest).toBe(0);
  });

  it('reads no more from a peer that does not read, and answers everything in order once it does', async () => {
    const { server, open } = await start({ limits: { unsentBytesPause: 100_000 } });
    const count = 60_000;
    const client = await open();
    client.socket.pause();
    client.write(sends(count));
    await turns(300);
    const sentBefore = client.socket.bytesWritten - client.socket.writableLength;
    expect(client.socket.writableLength).toBeGreaterThan(0);
    await turns(100);
    expect(client.socket.bytesWritten - client.socket.writableLength).toBe(sentBefore);
    expect(server.connectionCount).toBe(1);
    client.socket.resume();
    expect(opaques(await client.read(count))).toEqual(numbers(count));
  });

  it('closes a peer that leaves more than unsentBytesMax for longer than the grace', async () => {
    const { server, clock, open, opened, log } = await start({
      limits: { unsentBytesMax: 1_000_000, unsentGraceMillis: 10_000 },
    });
    const [stuck, slow] = [await open(), await open()];
    for (const [index, client] of [stuck, slow].entries()) {
      client.socket.pause();
      const connection = opened[index]!;
      // The graces of both begin now: what is unsent is more than the maximum, and less than twice as much.
      const unsent = (): number => Number(Reflect.get(connection, 'unsentBytes'));
      while (unsent() <= 1_000_000) server.sendFrames(connection, echoFrame(7, Buffer.alloc(100_000)));
      expect(connection.isOpen).toBe(true);
    }
    await clock.advance(9_999);
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([true, true]);
    slow.socket.resume();
    await until(() => Reflect.get(opened[1]!, 'unsentBytes') === 0);
    await clock.advance(1);
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([false, true]);
    expect(JSON.stringify(closingReasons(log))).toContain('unsentGraceMillis 10000 is over');
  });

  it('lets nothing come between the parts of an answer that the peer takes slowly', async () => {
    const notified = { count: 0 };
    const { server, open, opened } = await start({
      handlers: {
        [SLOW]: (request) => {
          notified.count += 1;
          server.notify(opened[0]!, requestCommand(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED));
          return responseTo(request, 0);
        },
      },
    });
    const [slow, other] = [await open(), await open()];
    slow.socket.pause();
    let asked = 0;
    const isCongested = (): boolean => Number(Reflect.get(opened[0]!, 'unsentBytes')) > 0;
    const requests = sends(200);
    // In each turn the other client's request, read first, notifies the slow one before its own requests are read.
    while (!isCongested()) {
      other.write(encodeFrame(requestCommand(SLOW)));
      slow.write(requests);
      asked += 200;
      await until(() => notified.count * 200 === asked);
      await turns(3);
    }
    slow.socket.resume();
    const frames = await slow.read(asked + notified.count);
    const notifications = frames.filter(
      (frame) => decodeFrame(frame).code === RequestCode.NOTIFY_CONSUMER_IDS_CHANGED,
    );
    expect(notifications).toHaveLength(notified.count);
    expect(frames).toHaveLength(asked + notified.count);
  });

  it('reads on only when handlers have caught up', async () => {
    const work = { now: 0, most: 0, done: 0 };
    const { clock, open } = await start({
      limits: { inFlightBytesMax: 20_000 },
      handlers: {
        [SLOW]: async (request) => {
          work.most = Math.max(work.most, ++work.now);
          await new Promise<void>((resolve) => {
            clock.setTimer(10, resolve);
          });
          work.now -= 1;
          return responseTo(request, 0);
        },
      },
    });
    const client = await open();
    const request = requestCommand(SLOW, { body: Buffer.alloc(1000) });
    for (const opaque of numbers(200)) {
      client.write(encodeFrame({ ...request, opaque }));
      await turns(2);
    }
    expect(work.most).toBeGreaterThan(5);
    expect(work.most).toBeLessThanOrEqual(20);
    const reading = { done: false };
    const answers = client.read(200).finally(() => (reading.done = true));
    while (!reading.done) {
      await clock.advance(10);
      await turns(2);
    }
    expect(opaques(await answers).toSorted((a, b) => a - b)).toEqual(numbers(200));
  });

  it('answers a client that has said that it sends no more', async () => {
    const { server, open } = await start();
    const client = await open();
    client.socket.end(Buffer.concat([sends(50), echoFrame(50), sends(1, 'T', 51)]));
    await until(() => client.ended);
    expect(opaques(await client.read(52)).toSorted((a, b) => a - b)).toEqual(numbers(52));
    await until(() => server.connectionCount === 0);
  });

  it('answers one that reads its last answers slowly, too', async () => {
    const { server, open, opened } = await start();
    const client = await open();
    client.socket.pause();
    const answer = echoFrame(7, Buffer.alloc(100_000));
    let written = 0;
    while (Number(Reflect.get(opened[0]!, 'unsentBytes')) < 2_000_000) {
      server.sendFrames(opened[0]!, answer);
      written += 1;
    }
    client.socket.end();
    await turns();
    expect(server.connectionCount).toBe(1);
    client.socket.resume();
    await client.read(written);
    await until(() => client.ended && server.connectionCount === 0);
    expect(client.frames.every((frame) => frame.equals(answer))).toBe(true);
  });

  it.each([
    ['idle', async () => undefined],
    ['with half a frame', async (client: RawClient) => client.write(sends(1).subarray(0, 20))],
    [
      'with answers that it does not read',
      async (client: RawClient) => {
        client.socket.pause();
        const connection = hot.opened.at(-1)!;
        while (Number(Reflect.get(connection, 'unsentBytes')) === 0)
          hot.server.sendFrames(connection, echoFrame(7, Buffer.alloc(100_000)));
      },
    ],
    [
      'with answers that wait for the disk',
      async (client: RawClient) => {
        hot.disk.fails = true;
        client.write(sends(10, 'Safe'));
        await turns();
      },
    ],
  ])('frees everything of a peer that resets its connection, %s', async (_state, prepare) => {
    const openFiles = (): number => readdirSync('/proc/self/fd').length;
    const { server, clock, open, opened } = await start();
    await turns();
    const before = { files: openFiles(), timers: clock.pendingTimerCount };
    const client = await open();
    await prepare(client);
    await turns();
    client.socket.resetAndDestroy();
    await settled(client, opened[0]);
    await until(() => server.connectionCount === 0);
    await until(() => openFiles() <= before.files);
    hot.disk.fails = false;
    await clock.advance(6000);
    expect(clock.pendingTimerCount).toBe(before.timers);
    const next = await open();
    next.write(sends(3));
    await next.read(3);
  });

  it('keeps no descriptor of a connection that is reset before it is accepted', async () => {
    const openFiles = (): number => readdirSync('/proc/self/fd').length;
    const { server, address, log, open } = await start();
    const before = openFiles();
    await Promise.all(
      numbers(50).map(
        () =>
          new Promise<void>((resolve) => {
            const socket = connect({ ...address });
            socket.once('connect', () => socket.resetAndDestroy()).once('close', () => resolve());
          }),
      ),
    );
    const client = await open();
    client.write(echoFrame(1));
    await client.read(1);
    await until(() => server.connectionCount === 1);
    // Both ends of the client.
    await until(() => openFiles() <= before + 2);
    expect(log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a frame above frameLengthMax', Buffer.from('7fffffff00000000', 'hex')],
    ['a frame too short for its header word', Buffer.from('0000000000000000', 'hex')],
    ['a header longer than its frame', Buffer.from('00000008000000ff7b7d0000', 'hex')],
    ['an unknown serialize type', Buffer.from('00000006770000027b7d', 'hex')],
    ['a header that is no JSON', Buffer.from('00000006000000027b5d', 'hex')],
  ])('closes the connection of %s, and says the same as over memory', async (_what, bytes) => {
    const reasons: unknown[] = [];
    for (const before of [Buffer.alloc(0), sends(1)]) {
      const { open, opened, log, stop } = await start();
      const client = await open();
      client.write(Buffer.concat([before, bytes]));
      await settled(client, opened[0]);
      await stop();
      const overMemory = await startHotServer({ transport: (clock) => memoryTransport({ clock }) });
      hot = overMemory;
      const stream = await overMemory.transport.connect({ address: overMemory.address, timeoutMillis: 1000 });
      stream.write(Buffer.concat([before, bytes]));
      await overMemory.clock.advance(0);
      expect(closingReasons(log)).toEqual(closingReasons(overMemory.log));
      reasons.push(...closingReasons(log));
      await overMemory.stop();
    }
    hot = await startHotServer();
    expect(reasons).toEqual([
      ['warn', expect.stringContaining('malformed frame')],
      ['warn', expect.stringContaining('malformed frame')],
    ]);
  });

  it('takes a frame that is larger than all memory of a read, in the midst of small ones', async () => {
    const { open } = await start();
    const client = await open();
    const large = Buffer.alloc(3 << 20, 'z');
    const whole = Buffer.concat([sends(3), echoFrame(3, large), sends(3, 'T', 4), echoFrame(7)]);
    client.write(whole);
    const frames = await client.read(8);
    expect(opaques(frames)).toEqual(numbers(8));
    expect(Buffer.compare(decodeFrame(frames[3]!).body, large) === 0).toBe(true);
    client.write(sends(1, 'T', 8));
    expect(codes(await client.read(9)).every((code) => code === ResponseCode.SUCCESS)).toBe(true);
  });

  it('answers GO_AWAY to newer clients while it stops, and closes everything', async () => {
    const work: { finish?: () => void } = {};
    const { server, open, clock } = await start({
      handlers: {
        [SLOW]: (request) =>
          new Promise((resolve) => {
            work.finish = () => resolve(responseTo(request, 0));
          }),
      },
    });
    const client = await open();
    client.write(encodeFrame({ ...requestCommand(SLOW), opaque: 1 }));
    client.write(sends(1, 'T', 2));
    await client.read(1);
    await until(() => work.finish !== undefined);
    const stopped = server.stop({ drainMillis: 5000 });
    client.write(encodeFrame({ ...sendCommand(), opaque: 3, version: MqVersion.V5_3_1 + 1 }));
    client.write(encodeFrame({ ...requestCommand(ECHO), opaque: 4, version: MqVersion.V5_3_1 + 1 }));
    client.write(encodeFrame({ ...requestCommand(ECHO), opaque: 5, version: MqVersion.V5_3_1 }));
    const answers = (await client.read(4)).slice(1).map((frame) => decodeFrame(frame));
    expect(answers.map(({ opaque, code }) => [opaque, code])).toEqual([
      [3, ResponseCode.GO_AWAY],
      [4, ResponseCode.GO_AWAY],
      [5, ResponseCode.SUCCESS],
    ]);
    work.finish?.();
    expect(opaques(await client.read(5)).at(-1)).toBe(1);
    await until(() => client.ended);
    client.socket.end();
    await stopped;
    expect(server.connectionCount).toBe(0);
    await clock.advance(0);
  });

  it('cuts off what is not drained in time', async () => {
    const { server, open, clock, opened } = await start();
    const client = await open();
    client.socket.pause();
    const connection = opened[0]!;
    while (Number(Reflect.get(connection, 'unsentBytes')) === 0)
      server.sendFrames(connection, echoFrame(7, Buffer.alloc(100_000)));
    const stopped = server.stop({ drainMillis: 2000 });
    await clock.advance(1999);
    expect(server.connectionCount).toBe(1);
    await clock.advance(1);
    await stopped;
    expect(server.connectionCount).toBe(0);
  });

  it('leaves chunks to the general path while too many answers wait for the disk, and loses none', async () => {
    const BUSY = 77;
    const { disk, clock, open } = await start({
      withheldBytesMax: 2000,
      handlers: { [RequestCode.SEND_MESSAGE_V2]: (request) => responseTo(request, BUSY) },
    });
    disk.fails = true;
    const client = await open();
    for (const opaque of numbers(40)) {
      client.write(sends(1, 'Safe', opaque));
      await turns(3);
    }
    await turns();
    const busy = codes(await client.read(1)).length;
    expect(codes(client.frames)).toEqual(Array.from({ length: busy }, () => BUSY));
    expect(busy).toBeGreaterThan(20);
    expect(busy).toBeLessThan(40);
    await clock.advance(5000);
    const answers = await client.read(40);
    expect(opaques(answers).toSorted((a, b) => a - b)).toEqual(numbers(40));
    expect(codes(answers.slice(busy)).every((code) => code === ResponseCode.FLUSH_DISK_TIMEOUT)).toBe(true);
    disk.fails = false;
    client.write(sends(1, 'Safe', 40));
    expect(codes(await client.read(41)).at(-1)).toBe(ResponseCode.SUCCESS);
  });

  it('closes connections beyond connectionsMax as soon as they are accepted', async () => {
    const { open, server, log } = await start({ limits: { connectionsMax: 2 } });
    const [first] = [await open(), await open()];
    const third = await open();
    await until(() => third.ended);
    expect(server.connectionCount).toBe(2);
    expect(log.some(({ message }) => message.includes('connectionsMax reached'))).toBe(true);
    first.socket.destroy();
    await until(() => server.connectionCount === 1);
    const fourth = await open();
    fourth.write(sends(1));
    await fourth.read(1);
  });

  it('leaves listeners that speak TLS to the system, plain clients as well', async () => {
    const tlsIdentity = await selfSignedIdentity({ hosts: ['127.0.0.1'], now: Date.now() });
    const { address, clock, open } = await start({ tls: { tlsMode: 'permissive', tlsIdentity } });
    const plain = await open();
    plain.write(sends(2));
    await plain.read(2);
    const client = new RemotingClient({
      name: 'tls',
      transport: nodeTransport(),
      clock,
      logger: silentLogger,
      tls: { verifyPeer: false },
    });
    const at = `${address.host}:${address.port}`;
    const answer = await client.invoke(at, requestCommand(ECHO), { timeoutMillis: 20_000 });
    expect(answer.code).toBe(ResponseCode.SUCCESS);
    await client.close();
  });
});

/** Sockets of the system for the one address that the broker kit knows; `ways` says how they were listened for. */
function loopback(): { transport: Transport; ways: string[] } {
  const system = nodeTransport();
  const ways: string[] = [];
  let port = 0;
  const host = '127.0.0.1';
  return {
    ways,
    transport: {
      connect: (options) => system.connect({ ...options, address: { host, port } }),
      async listen(options) {
        ways.push('node');
        const listener = await system.listen({ ...options, host, port: 0 });
        if (options.port === LISTEN_PORT) port = listener.address.port;
        return { address: { host, port: options.port }, close: () => listener.close() };
      },
      async listenForDescriptors(options) {
        ways.push('engine');
        const listener = await system.listenForDescriptors!({ ...options, host, port: 0 });
        if (options.port === LISTEN_PORT) port = listener.address.port;
        return { address: { host, port: options.port }, close: () => listener.close() };
      },
    },
  };
}

describe.skipIf(process.platform !== 'linux')('who serves the sockets of a broker', () => {
  async function serve(
    given: Parameters<typeof startBroker>[0],
  ): Promise<{ ways: string[]; log: LogLine[] }> {
    const { transport, ways } = loopback();
    const log: LogLine[] = [];
    const kit = await startBroker({ ...given, transport, logger: recordingLogger(log) });
    const client = await kit.connect();
    await client.ask(createTopicCommand('T'));
    expect((await client.ask(sendCommand())).code).toBe(ResponseCode.SUCCESS);
    await kit.stopWhileTimePasses();
    return { ways: [...new Set(ways)], log };
  }

  it('is the engine', async () => {
    expect((await serve({})).ways).toEqual(['engine']);
  });

  it('is Node.js when the configuration says so', async () => {
    const { ways, log } = await serve({ config: { useEpollNativeSelector: false } });
    expect(ways).toEqual(['node']);
    expect(log.filter(({ message }) => message.includes('Node.js'))).toEqual([]);
  });

  it('is Node.js where the engine has no way, and the log says so', async () => {
    function Unable(): never {
      throw new Error('this runtime gives no access to libuv');
    }
    const native = { ...loadNativeModule(), HotSockets: Unable as never };
    const { ways, log } = await serve({ native });
    expect(ways).toEqual(['node']);
    expect(log).toContainEqual({
      level: 'info',
      fields: { reason: 'Error: this runtime gives no access to libuv' },
      message: 'sockets are served by Node.js',
    });
  });
});
