import { RequestCode, ResponseCode, decodeRecords, requestCommand } from '@centaurmq/protocol';
import { RemotingClient, nodeTransport, silentLogger, systemClock } from '@centaurmq/remoting';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CentaurmqProcess } from './centaurmq-process.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'centaurmq-start-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const anyPort = ['--namesrv-port', '0', '--broker-port', '0'] as const;

function start(...args: string[]): CentaurmqProcess {
  return new CentaurmqProcess(['start', ...args], directory);
}

async function takenPort(): Promise<{ port: number; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}

async function addressOf(command: CentaurmqProcess, role: 'name server' | 'broker'): Promise<string> {
  const [, address = ''] = await command.says(new RegExp(`${role} +(127\\.0\\.0\\.1:\\d+)`));
  await command.says(/Ctrl-C/);
  return address;
}

function remotingClient(): RemotingClient {
  return new RemotingClient({
    name: 'test',
    transport: nodeTransport(),
    clock: systemClock,
    logger: silentLogger,
  });
}

const timeout = { timeoutMillis: 5000 };

function sendRequest(topic: string, body: string) {
  const extFields = {
    producerGroup: 'P',
    topic,
    defaultTopic: 'TBW102',
    defaultTopicQueueNums: '1',
    queueId: '0',
    sysFlag: '0',
    bornTimestamp: '1700000000000',
    flag: '0',
    properties: '',
  };
  return requestCommand(RequestCode.SEND_MESSAGE, { extFields, body: Buffer.from(body) });
}

function pullRequest(topic: string) {
  const extFields = {
    consumerGroup: 'G',
    topic,
    queueId: '0',
    queueOffset: '0',
    maxMsgNums: '32',
    sysFlag: '4',
    commitOffset: '0',
    suspendTimeoutMillis: '0',
    subscription: '*',
    subVersion: '0',
  };
  return requestCommand(RequestCode.PULL_MESSAGE, { extFields });
}

describe('centaurmq start', () => {
  it('says where clients connect, serves them, and ends cleanly on SIGINT', async () => {
    await using command = start(...anyPort);
    const client = remotingClient();
    const broker = await addressOf(command, 'broker');
    expect(command.output).toContain(`store         ${join(directory, 'data')}`);
    const sent = await client.invoke(broker, sendRequest('T', 'hello'), timeout);
    expect(sent.code).toBe(ResponseCode.SUCCESS);
    const route = requestCommand(RequestCode.GET_ROUTEINFO_BY_TOPIC, { extFields: { topic: 'T' } });
    const routed = await client.invoke(await addressOf(command, 'name server'), route, timeout);
    expect(Buffer.from(routed.body).toString()).toContain(broker);
    command.signal('SIGINT');
    expect(await command.exitCode).toBe(0);
    expect(command.output).toContain('SIGINT: stopping');
    expect(command.output).toMatch(/Stopped\.\n$/);
    await client.close();
  });

  it.runIf(process.platform === 'linux')('takes less than 100 MB with nothing to do', async () => {
    await using command = start(...anyPort);
    await addressOf(command, 'broker');
    const status = await readFile(`/proc/${command.processId}/status`, 'utf8');
    const [, residentKilobytes] = /VmRSS:\s+(\d+) kB/.exec(status) ?? [];
    expect(Number(residentKilobytes)).toBeGreaterThan(1024);
    expect(Number(residentKilobytes) * 1024).toBeLessThan(100_000_000);
  });

  it('has after a restart what it had before, and ends on SIGTERM too', async () => {
    const client = remotingClient();
    {
      await using command = start(...anyPort);
      await client.invoke(await addressOf(command, 'broker'), sendRequest('T', 'kept'), timeout);
      command.signal('SIGTERM');
      expect(await command.exitCode).toBe(0);
    }
    await using command = start(...anyPort);
    const pulled = await client.invoke(await addressOf(command, 'broker'), pullRequest('T'), timeout);
    expect(decodeRecords(pulled.body).map(({ body }) => Buffer.from(body).toString())).toEqual(['kept']);
    await client.close();
  });

  it.each([
    [
      'name server',
      (port: number) => ['--namesrv-port', String(port), '--broker-port', '0'],
      '--namesrv-port',
    ],
    ['broker', (port: number) => ['--namesrv-port', '0', '--broker-port', String(port)], '--broker-port'],
    [
      'older clients',
      (port: number) => ['--namesrv-port', '0', '--broker-port', String(port + 2)],
      '--broker-port',
    ],
  ])('names the port that is taken: %s', async (needs, flags, advice) => {
    const { port, server } = await takenPort();
    await using command = start(...flags(port));
    expect(await command.exitCode).toBe(1);
    expect(command.output).toMatch(new RegExp(`port ${port}, which .*${needs}.*, is taken by`));
    expect(command.output).toContain(`choose another port with ${advice}`);
    if (process.platform === 'linux') expect(command.output).toContain(`(process ${process.pid})`);
    server.close();
  });

  it('says which process has the store', async () => {
    await using first = start(...anyPort);
    await addressOf(first, 'broker');
    await using second = start(...anyPort);
    expect(await second.exitCode).toBe(1);
    expect(second.output).toMatch(/the store directory .*data is in use by/);
    expect(second.output).not.toContain('    at ');
  });

  it('says that the directory cannot hold a store', async () => {
    await writeFile(join(directory, 'file'), '');
    await using command = start(...anyPort, '--store', join(directory, 'file', 'below'));
    expect(await command.exitCode).toBe(1);
    expect(command.output).toMatch(/the store directory .*below is a file, or lies below one/);
    expect(command.output).toContain('choose another directory with --store');
  });

  it('says what to do when the storage engine has no binary here', async () => {
    const env = { NAPI_RS_NATIVE_LIBRARY_PATH: join(directory, 'nowhere.node') };
    await using command = new CentaurmqProcess(['start', ...anyPort], directory, env);
    expect(await command.exitCode).toBe(1);
    expect(command.output).toMatch(/storage engine has no binary for .* here.*Rust toolchain/);
  });

  it.each([
    [['--colour', 'red'], /unknown option '--colour'/],
    [['--broker-port', 'ten'], /--broker-port: expected a port between 0 and 65535, found "ten"/],
    [['--role', 'proxy'], /--role: expected one of all, namesrv, broker, found "proxy"/],
    [['--role', 'broker'], /--role broker needs to know the name servers/],
    [['--broker-ip', 'localhost'], /--broker-ip: expected an IPv4 or IPv6 address, found "localhost"/],
    [['--flush', 'never'], /--flush: expected one of os, fsync, found "never"/],
    [['--broker-name', 'a.b'], /brokerName: expected a name of at most 127 letters/],
  ])('ends with code 2 for wrong usage: %j', async (args, message) => {
    await using command = start(...args);
    expect(await command.exitCode).toBe(2);
    expect(command.output).toMatch(message);
  });

  it.each(['permissive', 'enforcing'])('speaks TLS with a certificate of its own: %s', async (mode) => {
    await using command = start(...anyPort, '--tls', mode);
    const broker = await addressOf(command, 'broker');
    const nameServer = await addressOf(command, 'name server');
    const [transport, clock, logger] = [nodeTransport(), systemClock, silentLogger];
    const client = new RemotingClient({ name: 'test', transport, clock, logger, tls: { verifyPeer: false } });
    expect((await client.invoke(broker, sendRequest('T', 'secret'), timeout)).code).toBe(
      ResponseCode.SUCCESS,
    );
    const route = requestCommand(RequestCode.GET_ROUTEINFO_BY_TOPIC, { extFields: { topic: 'T' } });
    expect(Buffer.from((await client.invoke(nameServer, route, timeout)).body).toString()).toContain(broker);
    await client.close();
    const plain = remotingClient();
    const plainly = plain.invoke(broker, sendRequest('T', 'plain'), timeout);
    if (mode === 'permissive') expect((await plainly).code).toBe(ResponseCode.SUCCESS);
    else await expect(plainly).rejects.toThrow();
    await plain.close();
  });

  it('reads a broker.conf, and says what in it means nothing here', async () => {
    const conf = join(directory, 'broker.conf');
    await writeFile(
      conf,
      'brokerName=from-conf\nlistenPort=0\nsendMessageThreadPoolNums=16\nflushDiskType=SYNC_FLUSH\n',
    );
    await using command = start('--namesrv-port', '0', '--config', conf);
    await command.says(/from-conf in DefaultCluster/);
    await command.says(/fsync: acknowledged/);
    expect(command.output).toMatch(/keys that mean nothing here are ignored.*sendMessageThreadPoolNums/);
  });

  it('names the file and the key of a broker.conf that makes no sense', async () => {
    const conf = join(directory, 'broker.conf');
    await writeFile(conf, 'fileReservedTime=three days\n');
    await using command = start('--config', conf);
    expect(await command.exitCode).toBe(2);
    expect(command.output).toContain(`${conf}: fileReservedTime: expected a whole number`);
  });

  it("brings an Apache broker's topics, groups and offsets along, and gives them back", async () => {
    const config = join(directory, 'data', 'config');
    await mkdir(config, { recursive: true });
    const topic = { topicName: 'Old', readQueueNums: 3, writeQueueNums: 3, perm: 6, order: true };
    const dataVersion = { counter: 41, stateVersion: 0, timestamp: 1_600_000_000_000 };
    await writeFile(
      join(config, 'topics.json'),
      JSON.stringify({ dataVersion, topicConfigTable: { Old: topic } }),
    );
    await writeFile(join(config, 'consumerOffset.json'), '{"offsetTable":{"Old@G":{0:12,2:7}}}');
    await writeFile(join(config, 'subscriptionGroup.json'), '');
    await writeFile(
      join(config, 'subscriptionGroup.json.bak'),
      '{"subscriptionGroupTable":{"G":{"groupName":"G","retryMaxTimes":3}}}',
    );
    const client = remotingClient();
    {
      await using command = start(...anyPort);
      const broker = await addressOf(command, 'broker');
      const question = { consumerGroup: 'G', topic: 'Old', queueId: '2' };
      const offset = requestCommand(RequestCode.QUERY_CONSUMER_OFFSET, { extFields: question });
      expect((await client.invoke(broker, offset, timeout)).extFields['offset']).toBe('7');
      command.signal('SIGTERM');
      expect(await command.exitCode).toBe(0);
    }
    await client.close();
    await rm(config, { recursive: true });
    await using command = new CentaurmqProcess(['store', 'export-config'], directory);
    expect(await command.exitCode).toBe(0);
    const read = async (file: string) => JSON.parse(await readFile(join(config, file), 'utf8'));
    const topics = await read('topics.json');
    expect(topics.topicConfigTable.Old).toMatchObject(topic);
    expect(topics.dataVersion.counter).toBeGreaterThanOrEqual(41);
    expect((await read('consumerOffset.json')).offsetTable['Old@G']).toEqual({ 0: 12, 2: 7 });
    expect((await read('subscriptionGroup.json')).subscriptionGroupTable.G).toMatchObject({
      groupName: 'G',
      retryMaxTimes: 3,
      consumeEnable: true,
    });
  });
});

describe('centaurmq admin', () => {
  const admin = (...args: string[]) => new CentaurmqProcess(['admin', ...args], directory);

  it('operates the cluster, and ends as its commands do', async () => {
    await using command = start(...anyPort);
    const nameServer = await addressOf(command, 'name server');
    await using create = admin(
      'updateTopic',
      '-n',
      nameServer,
      '-c',
      'DefaultCluster',
      '-t',
      'Made',
      '-r',
      '3',
      '-w',
      '3',
    );
    expect([await create.exitCode, create.output]).toEqual([0, expect.any(String)]);
    await using list = admin('topicList', '-n', nameServer);
    expect(await list.exitCode).toBe(0);
    expect(list.output).toMatch(/^Made$/m);
    await using unknown = admin('topicList', '--colour', 'red');
    expect(await unknown.exitCode).toBe(2);
    await using nobody = admin('topicList', '-n', '127.0.0.1:1');
    expect(await nobody.exitCode).toBe(1);
  });

  it.each([['--help'], ['-h'], ['topicList', '--help']])('shows the help of its own: %s', async (...args) => {
    await using help = admin(...args);
    expect(await help.exitCode).toBe(0);
    expect(help.output).toContain('centaurmq-admin');
  });
});

describe('centaurmq', () => {
  it('says its version, and what it can do', async () => {
    await using version = new CentaurmqProcess(['--version'], directory);
    expect(await version.exitCode).toBe(0);
    expect(version.output).toMatch(/^\d+\.\d+\.\d+\n$/);
    await using help = new CentaurmqProcess(['--help'], directory);
    expect(await help.exitCode).toBe(0);
    expect(help.output).toMatch(/start .*\n.*store .*\n.*admin /s);
    await using nothing = new CentaurmqProcess(['strat'], directory);
    expect(await nothing.exitCode).toBe(2);
    expect(nothing.output).toContain("unknown command 'strat'");
  });
});
