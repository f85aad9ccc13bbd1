import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { nodeTransport } from '../../src/index.ts';
import type { ByteStream, SocketAddress } from '../../src/index.ts';
import { until } from '../fixture.ts';
import { pair, streamCases } from './stream-cases.ts';

const transport = nodeTransport();

streamCases('nodeTransport', () => pair(transport));

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
