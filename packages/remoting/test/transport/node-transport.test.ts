import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { nodeTransport } from '../../src/index.ts';
import type { ByteStream, SocketAddress } from '../../src/index.ts';
import { collect, until } from '../fixture.ts';

const transport = nodeTransport();

async function pair(): Promise<{ near: ByteStream; far: ByteStream; close: () => Promise<void> }> {
  const accepted: ByteStream[] = [];
  const listener = await transport.listen({
    host: '127.0.0.1',
    port: 0,
    tlsMode: 'disabled',
    accepted: (stream) => accepted.push(stream),
  });
  const near = await transport.connect({ address: listener.address, timeoutMillis: 1000 });
  await until(() => accepted.length === 1, 'accepted');
  return { near, far: accepted[0]!, close: () => listener.close() };
}

describe('nodeTransport', () => {
  it('gives up a TLS handshake that nobody answers', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => {
      mute.listen(0, '127.0.0.1', resolve);
    });
    const address: SocketAddress = { host: '127.0.0.1', port: (mute.address() as AddressInfo).port };
    await expect(
      transport.connect({ address, timeoutMillis: 50, tls: { verifyPeer: false } }),
    ).rejects.toThrow(`connect to 127.0.0.1:${address.port} took longer than 50 ms`);
    mute.close();
  });

  it('says which port is taken', async () => {
    const listener = await transport.listen({
      host: '127.0.0.1',
      port: 0,
      tlsMode: 'disabled',
      accepted: () => undefined,
    });
    const again = transport.listen({
      host: '127.0.0.1',
      port: listener.address.port,
      tlsMode: 'disabled',
      accepted: () => undefined,
    });
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await listener.close();
  });

  it('does not read before it is started nor while it is paused, and loses nothing of it', async () => {
    const { near, far, close } = await pair();
    near.write(Buffer.from('early '));
    const received: Buffer[] = [];
    collect(far, received);
    await until(() => received.length === 1, 'the early bytes');
    far.pauseReading();
    near.write(Buffer.from('while paused'));
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    expect(Buffer.concat(received).toString()).toBe('early ');
    far.resumeReading();
    await until(() => Buffer.concat(received).length > 6, 'the rest');
    expect(Buffer.concat(received).toString()).toBe('early while paused');
    near.destroy();
    far.destroy();
    await close();
  });

  it('sends what is queued before it ends, and hands memory back after it was sent', async () => {
    const { near, far, close } = await pair();
    let doneCount = 0;
    for (let index = 0; index < 50; index++) {
      const memory = Buffer.alloc(100_000, index);
      near.write(memory, () => {
        doneCount += 1;
        memory.fill(0xee);
      });
    }
    expect(near.unsentBytes).toBeGreaterThan(0);
    near.end();
    const received: Buffer[] = [];
    let closed: Error | null | undefined;
    collect(far, received, (reason) => {
      closed = reason;
    });
    await until(() => closed !== undefined, 'closed');
    const bytes = Buffer.concat(received);
    expect(closed).toBeNull();
    expect(doneCount).toBe(50);
    expect(bytes.length).toBe(5_000_000);
    for (let index = 0; index < 50; index++) expect(bytes[index * 100_000 + 7]).toBe(index);
    await close();
  });

  it('hands memory back when the peer is gone, too', async () => {
    const { near, far, close } = await pair();
    let doneCount = 0;
    for (let index = 0; index < 50; index++) near.write(Buffer.alloc(1_000_000), () => (doneCount += 1));
    collect(near, []);
    far.destroy();
    await until(() => doneCount === 50, 'all memory is back');
    near.write(Buffer.from('x'), () => (doneCount += 1));
    await until(() => doneCount === 51, 'also what is written after the end');
    await close();
  });

  it('names both ends, IPv6 as well', async () => {
    const accepted: ByteStream[] = [];
    const listener = await transport.listen({
      host: '::',
      port: 0,
      tlsMode: 'disabled',
      accepted: (stream) => accepted.push(stream),
    });
    for (const host of ['127.0.0.1', '::1']) {
      const near = await transport.connect({
        address: { host, port: listener.address.port },
        timeoutMillis: 1000,
      });
      await until(() => accepted.length > 0, 'accepted');
      const far = accepted.pop()!;
      expect(far.remote).toEqual(near.local);
      expect(far.local).toEqual(near.remote);
      expect(near.remote).toEqual({ host, port: listener.address.port });
      near.destroy();
      far.destroy();
    }
    await listener.close();
  });
});
