import { RequestCode, ResponseCode, decodeRecords, requestCommand } from '@centaurmq/protocol';
import {
  ManualClock,
  RemotingClient,
  memoryTransport,
  nodeTransport,
  silentLogger,
  systemClock,
} from '@centaurmq/remoting';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startBroker } from '../src/start-broker.ts';

const timeout = { timeoutMillis: 5000 };

function send(body: string) {
  const extFields = {
    producerGroup: 'P',
    topic: 'T',
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

const pull = () =>
  requestCommand(RequestCode.PULL_MESSAGE, {
    extFields: {
      consumerGroup: 'G',
      topic: 'T',
      queueId: '0',
      queueOffset: '0',
      maxMsgNums: '32',
      sysFlag: '4',
      commitOffset: '0',
      suspendTimeoutMillis: '0',
      subscription: '*',
      subVersion: '0',
    },
  });

function client(): RemotingClient {
  return new RemotingClient({
    name: 'test',
    transport: nodeTransport(),
    clock: systemClock,
    logger: silentLogger,
  });
}

describe('startBroker', () => {
  it('serves over real sockets at once, and two of them at the same time', async () => {
    await using one = await startBroker({ memory: true });
    await using two = await startBroker({ memory: true });
    const remoting = client();
    expect((await remoting.invoke(one.brokerAddr, send('to one'), timeout)).code).toBe(ResponseCode.SUCCESS);
    const pulled = await remoting.invoke(two.brokerAddr, pull(), timeout);
    expect(pulled.code).toBe(ResponseCode.TOPIC_NOT_EXIST);
    const route = requestCommand(RequestCode.GET_ROUTEINFO_BY_TOPIC, { extFields: { topic: 'TBW102' } });
    const routed = await remoting.invoke(two.nameServer, route, timeout);
    expect(Buffer.from(routed.body).toString()).toContain(two.brokerAddr);
    await remoting.close();
  });

  it('keeps a store directory', async () => {
    const store = await mkdtemp(join(tmpdir(), 'centaurmq-embedded-'));
    const remoting = client();
    {
      await using broker = await startBroker({ store });
      await remoting.invoke(broker.brokerAddr, send('kept'), timeout);
    }
    {
      await using broker = await startBroker({ store });
      const pulled = await remoting.invoke(broker.brokerAddr, pull(), timeout);
      expect(decodeRecords(pulled.body).map(({ body }) => Buffer.from(body).toString())).toEqual(['kept']);
    }
    await remoting.close();
    await rm(store, { recursive: true });
  });

  it('lives in virtual time on a network of memory', async () => {
    const clock = new ManualClock();
    const transport = memoryTransport({ clock });
    const starting = startBroker({ memory: true, clock, transport });
    await clock.advance(10);
    await using broker = await starting;
    const remoting = new RemotingClient({ name: 'test', transport, clock, logger: silentLogger });
    const sending = remoting.invoke(broker.brokerAddr, send('hello'), timeout);
    await clock.advance(1);
    expect((await sending).code).toBe(ResponseCode.SUCCESS);
    const stopped = broker.stop();
    await clock.advance(10_000);
    await stopped;
    expect(clock.pendingTimerCount).toBeLessThanOrEqual(2);
    await remoting.close();
  });

  it('is ended again when a part of it cannot begin', async () => {
    await using broker = await startBroker({ memory: true });
    const namesrvPort = Number(broker.nameServer.split(':')[1]);
    await expect(startBroker({ memory: true, namesrvPort })).rejects.toThrow('the name server cannot start');
    const brokerPort = Number(broker.brokerAddr.split(':')[1]);
    await expect(startBroker({ memory: true, brokerPort })).rejects.toThrow('the broker cannot start');
  });

  it('wants to know where messages live', async () => {
    await expect(startBroker({})).rejects.toThrow('give either memory: true or store: DIRECTORY');
    await expect(startBroker({ memory: true, store: '/x' })).rejects.toThrow('give either');
  });
});
