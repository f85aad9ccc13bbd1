// The official tools speak TLS to our server on the port that also serves plain connections.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryKvConfigStore, NameServer } from '@centaurmq/namesrv';
import {
  addressToString,
  nodeTransport,
  selfSignedIdentity,
  silentLogger,
  systemClock,
} from '@centaurmq/remoting';
import type { TlsIdentity } from '@centaurmq/remoting';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { classpath, JavaProcess } from '@centaurmq/apache-rocketmq';

const commandTimeoutMillis = 60_000;

describe('the official mqadmin over TLS', () => {
  let folder: string;
  let identity: TlsIdentity;
  let certificatePath: string;
  const started: NameServer[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'centaurmq-tls-'));
    identity = await selfSignedIdentity({ hosts: ['127.0.0.1', 'localhost'], now: Date.now() });
    certificatePath = join(folder, 'certificate.pem');
    writeFileSync(certificatePath, identity.certificate);
  });

  afterAll(async () => {
    await Promise.all(started.map((server) => server.stop({ drainMillis: 1000 })));
    rmSync(folder, { recursive: true, force: true });
  });

  async function startNameServer(): Promise<string> {
    const server = new NameServer({
      transport: nodeTransport(),
      clock: systemClock,
      logger: silentLogger,
      listen: { host: '127.0.0.1', port: 0, tlsMode: 'permissive', tlsIdentity: identity },
      store: memoryKvConfigStore(),
    });
    started.push(server);
    return addressToString(await server.start());
  }

  async function namesrvConfig(
    address: string,
    systemProperties: Readonly<Record<string, string>>,
  ): Promise<string> {
    const admin = new JavaProcess({
      name: 'mqadmin getNamesrvConfig',
      classpath: await classpath('servers', ['launcher']),
      mainClass: 'org.apache.rocketmq.tools.command.MQAdminStartup',
      args: ['getNamesrvConfig', '-n', address],
      heapMegabytes: 128,
      folder,
      systemProperties,
    });
    await admin.finish(commandTimeoutMillis);
    return admin.output;
  }

  const shown = /enableTopicList\s*=\s*true/u;

  test('trusting, verifying and plain tools are served on one port', async () => {
    const address = await startNameServer();
    const verifying = {
      'tls.enable': 'true',
      'tls.test.mode.enable': 'false',
      'tls.client.authServer': 'true',
      'tls.client.trustCertPath': certificatePath,
    };
    const answers = await Promise.all(
      [{ 'tls.enable': 'true' }, verifying, {}].map((properties) => namesrvConfig(address, properties)),
    );
    for (const answer of answers) expect(answer).toMatch(shown);
  });
});
