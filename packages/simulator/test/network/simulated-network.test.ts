import type { ByteStream } from '@centaurmq/remoting';
import { describe, expect, it } from 'vitest';
import { type Host, type World, simulate } from '../../src/index.ts';

interface Talk {
  readonly client: ByteStream;
  /** Bytes that each side has received. */
  readonly received: { client: string; server: string };
  readonly closed: { client: Error | null | undefined; server: Error | null | undefined };
}

const PORT = 1000;

/** A connection between two hosts that notes what arrives. */
async function talk(world: World, client: Host, server: Host): Promise<Talk> {
  const received = { client: '', server: '' };
  const closed: Talk['closed'] = { client: undefined, server: undefined };
  const listenTo = (side: 'client' | 'server', stream: ByteStream): void => {
    const buffer = new Uint8Array(64);
    stream.start({
      receiveBuffer: () => buffer,
      received: (length) => void (received[side] += Buffer.from(buffer.subarray(0, length)).toString()),
      writable: () => undefined,
      closed: (reason) => void (closed[side] = reason),
    });
  };
  await world.network.transportOf(server).listen({
    host: '0.0.0.0',
    port: PORT,
    tlsMode: 'disabled',
    accepted: (stream) => listenTo('server', stream),
  });
  const address = { host: server.address, port: PORT };
  const stream = await world.network.transportOf(client).connect({ address, timeoutMillis: 5000 });
  listenTo('client', stream);
  return { client: stream, received, closed };
}

function inWorld<T>(seed: number, body: (world: World, one: Host, other: Host) => Promise<T>): Promise<T> {
  return simulate({ seed }, (world) => body(world, world.network.host('one'), world.network.host('other')));
}

describe('simulated network', () => {
  it('keeps the bytes of a connection in order, however long each packet takes', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const text = await inWorld(seed, async (world, one, other) => {
        const { client, received } = await talk(world, one, other);
        for (let count = 0; count < 200; count++) client.write(Buffer.from(`${count},`));
        await world.sleep(10_000);
        return received.server;
      });
      expect(text).toBe(Array.from({ length: 200 }, (_, count) => `${count},`).join(''));
    }
  });

  it('holds back what a partition blocks, one way, and delivers it when it heals', async () => {
    await inWorld(1, async (world, one, other) => {
      const { client, received } = await talk(world, one, other);
      world.network.block(one, other);
      client.write(Buffer.from('held'));
      await world.sleep(5000);
      expect(received.server).toBe('');
      world.network.unblock(one, other);
      await world.sleep(1000);
      expect(received.server).toBe('held');
    });
  });

  it('ends a connection that cannot deliver for too long', async () => {
    await inWorld(1, async (world, one, other) => {
      const { client, closed } = await talk(world, one, other);
      world.network.block(one, other);
      client.write(Buffer.from('never'));
      await world.sleep(60_000);
      expect(closed.client?.message).toContain('ETIMEDOUT');
      expect(closed.server).toBeUndefined();
    });
  });

  it('tells the peer of a killed process, and nobody of one that lost its power', async () => {
    await inWorld(1, async (world, one, other) => {
      const { closed } = await talk(world, one, other);
      world.network.endLife(other, 'killed');
      await world.sleep(1000);
      expect(closed.client?.message).toContain('ECONNRESET');
      expect(closed.server).toBeUndefined();
    });
    await inWorld(1, async (world, one, other) => {
      const { client, closed } = await talk(world, one, other);
      world.network.endLife(other, 'powerLost');
      await world.sleep(60_000);
      expect(closed.client).toBeUndefined();
      client.write(Buffer.from('anybody?'));
      await world.sleep(60_000);
      expect(closed.client?.message).toContain('ETIMEDOUT');
    });
  });

  it('refuses where nobody listens, and times out where nobody answers', async () => {
    await inWorld(1, async (world, one, other) => {
      const transport = world.network.transportOf(one);
      const address = { host: other.address, port: 1 };
      await expect(transport.connect({ address, timeoutMillis: 1000 })).rejects.toMatchObject({
        code: 'ECONNREFUSED',
      });
      world.network.block(one, other);
      await expect(transport.connect({ address, timeoutMillis: 1000 })).rejects.toMatchObject({
        code: 'ETIMEDOUT',
      });
      const nowhere = { host: '192.0.2.1', port: 1 };
      await expect(transport.connect({ address: nowhere, timeoutMillis: 1000 })).rejects.toMatchObject({
        code: 'EHOSTUNREACH',
      });
    });
  });

  it('asks a writer to wait while the reader does not read', async () => {
    await inWorld(1, async (world, one, other) => {
      const streams: ByteStream[] = [];
      await world.network.transportOf(other).listen({
        host: '0.0.0.0',
        port: PORT,
        tlsMode: 'disabled',
        accepted(stream) {
          stream.start({
            receiveBuffer: () => new Uint8Array(1024),
            received: () => undefined,
            writable: () => undefined,
            closed: () => undefined,
          });
          stream.pauseReading();
          streams.push(stream);
        },
      });
      const address = { host: other.address, port: PORT };
      const client = await world.network.transportOf(one).connect({ address, timeoutMillis: 1000 });
      let writable = 0;
      client.start({
        receiveBuffer: () => new Uint8Array(1024),
        received: () => undefined,
        writable: () => void writable++,
        closed: () => undefined,
      });
      let accepted = true;
      for (let count = 0; count < 40 && accepted; count++) {
        accepted = client.write(new Uint8Array(8192));
        await world.sleep(10);
      }
      expect(accepted).toBe(false);
      expect(client.unsentBytes).toBeGreaterThan(0);
      streams[0]?.resumeReading();
      await world.sleep(1000);
      expect([writable, client.unsentBytes]).toEqual([1, 0]);
    });
  });

  it('uses written memory only until it says so', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const text = await inWorld(seed, async (world, one, other) => {
        const { client, received } = await talk(world, one, other);
        const memory = Buffer.from('right');
        client.write(memory, () => memory.fill('x'));
        await world.sleep(1000);
        return received.server;
      });
      expect(text).toBe('right');
    }
  });
});
