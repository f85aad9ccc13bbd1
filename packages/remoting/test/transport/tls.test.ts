import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addressToString,
  nodeTransport,
  parseAddress,
  RemotingClient,
  RemotingServer,
  seededRandom,
  selfSignedIdentity,
  silentLogger,
  systemClock,
} from '../../src/index.ts';
import type { ListenOptions, TlsIdentity } from '../../src/index.ts';
import { collect, ECHO, echo, echoRequest, recordingLogger, until } from '../fixture.ts';
import type { LogLine } from '../fixture.ts';
import { requestCommand } from '@centaurmq/protocol';

const SECOND = { timeoutMillis: 20_000 };
const transport = nodeTransport();
let identity: TlsIdentity;

beforeAll(async () => {
  identity = await selfSignedIdentity({ hosts: ['127.0.0.1', 'localhost'], now: Date.now() });
});

async function startServer(
  tlsMode: ListenOptions['tlsMode'],
  log: LogLine[] = [],
): Promise<{ server: RemotingServer; address: string }> {
  const server = new RemotingServer({
    name: 'tls',
    transport,
    clock: systemClock,
    logger: recordingLogger(log),
    listen: { host: '127.0.0.1', port: 0, tlsMode, tlsIdentity: identity },
  });
  server.register(ECHO, echo);
  return { server, address: addressToString(await server.start()) };
}

function startClient(tls?: { trustedCertificate?: string; verifyPeer: boolean }): RemotingClient {
  return new RemotingClient({
    name: 'tls',
    transport,
    clock: systemClock,
    logger: silentLogger,
    ...(tls === undefined ? {} : { tls }),
  });
}

describe('TLS on the plain port', { timeout: 30_000 }, () => {
  const clients: RemotingClient[] = [];
  afterAll(() => Promise.all(clients.map((client) => client.close())));

  it('permissive serves both on one port', async () => {
    const { server, address } = await startServer('permissive');
    const secured = startClient({ trustedCertificate: identity.certificate, verifyPeer: true });
    const trusting = startClient({ verifyPeer: false });
    const plain = startClient();
    clients.push(secured, trusting, plain);
    for (const client of [secured, plain, trusting]) {
      expect(await client.invoke(address, echoRequest('both'), SECOND)).toMatchObject({
        code: 0,
        extFields: { text: 'both' },
      });
    }
    const body = Buffer.alloc(3_000_000, 'xyz');
    for (const client of [secured, plain]) {
      const answers = await Promise.all(
        [1, 2, 3].map(() => client.invoke(address, requestCommand(ECHO, { body }), SECOND)),
      );
      for (const answer of answers) expect(Buffer.from(answer.body).equals(body)).toBe(true);
    }
    expect(server.connectionCount).toBe(3);
    await secured.close();
    await until(() => server.connectionCount === 2, 'the secured connection is gone');
    await server.stop({ drainMillis: 1000 });
    expect(server.connectionCount).toBe(0);
  });

  it('verifies the certificate when told to', async () => {
    const { server, address } = await startServer('permissive');
    const distrusting = startClient({ verifyPeer: true });
    clients.push(distrusting);
    await expect(distrusting.invoke(address, echoRequest(), SECOND)).rejects.toMatchObject({
      name: 'RemotingConnectError',
    });
    await server.stop({ drainMillis: 1000 });
  });

  it('enforcing closes plain connections', async () => {
    const { server, address } = await startServer('enforcing');
    const secured = startClient({ trustedCertificate: identity.certificate, verifyPeer: true });
    const plain = startClient();
    clients.push(secured, plain);
    expect(await secured.invoke(address, echoRequest(), SECOND)).toMatchObject({ code: 0 });
    await expect(plain.invoke(address, echoRequest(), SECOND)).rejects.toMatchObject({
      name: 'RemotingSendError',
    });
    await server.stop({ drainMillis: 1000 });
  });

  it('disabled takes a ClientHello for a malformed frame', async () => {
    const log: LogLine[] = [];
    const { server, address } = await startServer('disabled', log);
    const secured = startClient({ verifyPeer: false });
    clients.push(secured);
    await expect(secured.invoke(address, echoRequest(), SECOND)).rejects.toMatchObject({
      name: 'RemotingConnectError',
    });
    await until(() => server.connectionCount === 0, 'closed');
    expect(log.some(({ fields }) => JSON.stringify(fields).includes('frame length at byte 0'))).toBe(true);
    await server.stop({ drainMillis: 1000 });
  });

  it('enforcing without an identity refuses to start', async () => {
    await expect(
      (async () =>
        transport.listen({ host: '127.0.0.1', port: 0, tlsMode: 'enforcing', accepted: () => undefined }))(),
    ).rejects.toThrow('needs a tlsIdentity');
  });

  it('goes on when a peer breaks off in the handshake', async () => {
    const { server, address } = await startServer('permissive');
    const port = Number(address.split(':')[1]);
    for (const bytes of ['16', '160301', '1603010200010001fc0303', '16030100ff00']) {
      const stream = await transport.connect({ address: { host: '127.0.0.1', port }, timeoutMillis: 1000 });
      stream.start({
        receiveBuffer: () => Buffer.alloc(100),
        received: () => undefined,
        writable: () => undefined,
        closed: () => undefined,
      });
      stream.write(Buffer.from(bytes, 'hex'));
      stream.write(Buffer.alloc(300, 0xff));
      await until(() => server.connectionCount === 1, 'accepted');
      stream.destroy();
      await until(() => server.connectionCount === 0, 'closed');
    }
    const plain = startClient();
    clients.push(plain);
    expect(await plain.invoke(address, echoRequest(), SECOND)).toMatchObject({ code: 0 });
    await server.stop({ drainMillis: 1000 });
  });

  it.each(['permissive', 'enforcing'] as const)('%s survives whatever looks like TLS', async (tlsMode) => {
    const seed = Number(process.env['FUZZ_SEED'] ?? 22);
    console.log(`FUZZ_SEED=${seed}`);
    const random = seededRandom(seed);
    const { server, address } = await startServer(tlsMode);
    const hello = Buffer.from('16030100a5010000a10303' + '5a'.repeat(32) + '00', 'hex');
    for (let round = 0; round < 200; round++) {
      const stream = await transport.connect({ address: parseAddress(address), timeoutMillis: 5_000 });
      let closed = false;
      collect(stream, [], () => {
        closed = true;
      });
      const bytes = Buffer.concat([
        hello,
        Buffer.from(Array.from({ length: random.below(400) }, () => random.below(256))),
      ]);
      for (let change = random.below(6); change > 0; change--)
        bytes[1 + random.below(bytes.length - 1)] = random.below(256);
      const cut = random.below(bytes.length);
      stream.write(bytes.subarray(0, cut));
      stream.write(bytes.subarray(cut));
      if (random.below(2) === 0) await until(() => closed || random.below(20) === 0, 'a few turns');
      stream.destroy();
    }
    await until(() => server.connectionCount === 0, 'all are gone');
    const secured = startClient({ trustedCertificate: identity.certificate, verifyPeer: true });
    clients.push(secured);
    expect(await secured.invoke(address, echoRequest(), SECOND)).toMatchObject({ code: 0 });
    await server.stop({ drainMillis: 1000 });
  });
});
