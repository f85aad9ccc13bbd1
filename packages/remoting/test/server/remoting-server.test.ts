import { encodeFrame, requestCommand, responseTo, ResponseCode } from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import { describe, expect, it } from 'vitest';
import { parseAddress, RemotingClient, RemotingError, silentLogger } from '../../src/index.ts';
import type { Connection } from '../../src/index.ts';
import { collect, ECHO, echo, echoRequest, startHouse, until, worlds } from '../fixture.ts';

const SECOND = { timeoutMillis: 20_000 };

describe.each(worlds)('a RemotingServer over $world', { timeout: 30_000 }, ({ make }) => {
  it('answers with the opaque of the request', async () => {
    const house = await startHouse(make());
    const answer = await house.client.invoke(house.address, echoRequest('Grüße'), SECOND);
    expect(answer).toMatchObject({ code: ResponseCode.SUCCESS, extFields: { text: 'Grüße' } });
    expect(Buffer.from(answer.body).toString()).toBe('Grüße');
    await house.stop();
  });

  it('answers a thousand pipelined requests, each with its own', async () => {
    const house = await startHouse(make());
    const texts = Array.from({ length: 1000 }, (_, index) => `text ${index}`);
    const answers = await Promise.all(
      texts.map((text) => house.client.invoke(house.address, echoRequest(text), SECOND)),
    );
    expect(answers.map((answer) => Buffer.from(answer.body).toString())).toEqual(texts);
    expect(house.client.pendingCallCount).toBe(0);
    expect(house.server.connectionCount).toBe(1);
    await house.stop();
  });

  it('carries bodies larger than the shared receive buffer', async () => {
    const house = await startHouse(make());
    const body = Buffer.alloc(5_000_000, 'abcdefg');
    const answers = await Promise.all(
      [1, 2, 3].map(() => house.client.invoke(house.address, requestCommand(ECHO, { body }), SECOND)),
    );
    for (const answer of answers) expect(Buffer.from(answer.body).equals(body)).toBe(true);
    await house.stop();
  });

  it('says code 3 for a request code nobody handles', async () => {
    const house = await startHouse(make());
    const answer = await house.client.invoke(house.address, requestCommand(4711), SECOND);
    expect(answer).toMatchObject({
      code: ResponseCode.REQUEST_CODE_NOT_SUPPORTED,
      remark: ' request type 4711 not supported',
    });
    await house.stop();
  });

  it('turns failures of handlers into responses', async () => {
    const house = await startHouse({
      ...make(),
      prepare(server) {
        server.register(20, () => {
          throw new RemotingError(16, 'no permission for you');
        });
        server.register(21, () => Promise.reject(new TypeError('broken')));
        server.register(22, () => {
          throw new TypeError('broken at once');
        });
      },
    });
    const [refused, broken, brokenAtOnce] = await Promise.all(
      [20, 21, 22].map((code) => house.client.invoke(house.address, requestCommand(code), SECOND)),
    );
    expect(refused).toMatchObject({ code: 16, remark: 'no permission for you' });
    expect(broken).toMatchObject({ code: ResponseCode.SYSTEM_ERROR, remark: 'TypeError: broken' });
    expect(brokenAtOnce).toMatchObject({
      code: ResponseCode.SYSTEM_ERROR,
      remark: 'TypeError: broken at once',
    });
    await house.stop();
  });

  it('never answers a one-way request', async () => {
    const seen: string[] = [];
    const house = await startHouse({
      ...make(),
      prepare(server) {
        server.register(30, (request, context) => {
          seen.push(request.extFields['text'] ?? '');
          return echo(request, context);
        });
        server.register(31, () => {
          throw new Error('one-way and failing');
        });
      },
    });
    await house.client.invokeOneway(
      house.address,
      requestCommand(30, { extFields: { text: 'once' } }),
      SECOND,
    );
    await house.client.invokeOneway(house.address, requestCommand(31), SECOND);
    await house.client.invokeOneway(house.address, requestCommand(4711), SECOND);
    const { transport } = house;
    const received: Buffer[] = [];
    const stream = await transport.connect({ address: parseAddress(house.address), timeoutMillis: 1000 });
    collect(stream, received);
    stream.write(encodeFrame(requestCommand(30, { oneway: true, extFields: { text: 'twice' } })));
    stream.write(encodeFrame({ ...echoRequest('marker'), opaque: 77 }));
    await until(() => received.length > 0, 'an answer');
    expect(
      Buffer.concat(received).equals(
        encodeFrame(
          responseTo({ ...echoRequest('marker'), opaque: 77 }, 0, {
            extFields: { text: 'marker' },
            body: Buffer.from('marker'),
          }),
        ),
      ),
    ).toBe(true);
    expect(seen.toSorted()).toEqual(['once', 'twice']);
    stream.destroy();
    await house.stop();
  });

  it('answers late, and drops the answer when the connection is gone', async () => {
    const held: { connection: Connection; request: RemotingCommand }[] = [];
    const house = await startHouse({
      ...make(),
      prepare: (server) =>
        server.register(11, (request, { connection }) => {
          held.push({ connection, request });
          return null;
        }),
    });
    const answered = house.client.invoke(house.address, requestCommand(11), SECOND);
    const lost = house.client.invoke(house.address, requestCommand(11), SECOND);
    await until(() => held.length === 2, 'both held');
    const [first, second] = held;
    house.server.respond(
      first!.connection,
      first!.request,
      responseTo(first!.request, 0, { remark: 'late' }),
    );
    expect(await answered).toMatchObject({ remark: 'late' });
    await house.client.close(house.address);
    await expect(lost).rejects.toMatchObject({ name: 'RemotingSendError', address: house.address });
    await until(() => house.server.connectionCount === 0, 'closed');
    expect(second!.connection.isOpen).toBe(false);
    house.server.respond(second!.connection, second!.request, responseTo(second!.request, 0));
    await house.stop();
  });

  it('calls the client on its own connection, with its own opaques', async () => {
    const peers: Connection[] = [];
    const house = await startHouse({
      ...make(),
      prepare: (server) => server.onConnectionOpened((peer) => peers.push(peer)),
    });
    const notified: number[] = [];
    house.client.register([39, 307], (request) => {
      notified.push(request.code);
      return responseTo(request, 0, { remark: `client saw ${request.code}` });
    });
    await house.client.invoke(house.address, echoRequest(), SECOND);
    const connection = peers[0]!;
    expect(await house.server.call(connection, requestCommand(307), 5_000)).toMatchObject({
      remark: 'client saw 307',
    });
    expect(await house.server.call(connection, requestCommand(4711), 5_000)).toMatchObject({ code: 3 });
    house.server.notify(connection, requestCommand(39));
    await until(() => notified.length === 2, 'the notification');
    expect(notified).toEqual([307, 39]);
    expect(house.server.pendingCallCount).toBe(0);
    await house.client.close(house.address);
    await until(() => !connection.isOpen, 'closed');
    await expect(house.server.call(connection, requestCommand(307), 5_000)).rejects.toMatchObject({
      name: 'RemotingSendError',
    });
    await house.stop();
  });

  it('stops: what handlers work on is answered, newcomers are sent away, everything is closed', async () => {
    let finish: (() => void) | undefined;
    const house = await startHouse({
      ...make(),
      prepare: (server) =>
        server.register(12, async (request) => {
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          return responseTo(request, 0, { remark: 'finished' });
        }),
    });
    const working = house.client.invoke(house.address, requestCommand(12), SECOND);
    await until(() => finish !== undefined, 'the handler works');
    const stopped = house.server.stop({ drainMillis: 5_000 });
    expect(
      await house.client.invoke(house.address, { ...echoRequest(), version: 409 }, SECOND),
    ).toMatchObject({
      code: 0,
    });
    expect(await house.client.invoke(house.address, echoRequest(), SECOND)).toMatchObject({
      code: ResponseCode.GO_AWAY,
    });
    // Sent away, the client does not come back on the same connection, but waits for what is at work there.
    await expect(house.client.invoke(house.address, echoRequest(), SECOND)).rejects.toMatchObject({
      name: 'RemotingConnectError',
    });
    expect(house.client.pendingCallCount).toBe(1);
    finish!();
    expect(await working).toMatchObject({ remark: 'finished' });
    await stopped;
    expect(house.server.connectionCount).toBe(0);
    await expect(house.client.invoke(house.address, echoRequest(), SECOND)).rejects.toMatchObject({
      name: 'RemotingConnectError',
    });
    await house.client.close();
  });

  it('refuses connections beyond connectionsMax and goes on serving the others', async () => {
    const house = await startHouse({ ...make(), serverLimits: { connectionsMax: 1 } });
    await house.client.invoke(house.address, echoRequest(), SECOND);
    const { transport } = house;
    const second = new RemotingClient({
      name: 'second',
      transport,
      clock: make().clock,
      logger: silentLogger,
    });
    await expect(second.invoke(house.address, echoRequest(), SECOND)).rejects.toMatchObject({
      name: 'RemotingSendError',
    });
    expect(await house.client.invoke(house.address, echoRequest(), SECOND)).toMatchObject({ code: 0 });
    await second.close();
    await house.stop();
  });
});
