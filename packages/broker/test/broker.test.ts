import { type RemotingCommand, RequestCode, ResponseCode, requestCommand } from '@centaurmq/protocol';
import { type ManualClock, RemotingClient, silentLogger } from '@centaurmq/remoting';
import { describe, expect, it } from 'vitest';
import { BrokerFixture } from './broker-fixture.ts';

function heldPull(): RemotingCommand {
  const extFields = {
    consumerGroup: 'G',
    topic: 'T',
    queueId: '0',
    queueOffset: '0',
    maxMsgNums: '32',
    sysFlag: '6',
    commitOffset: '0',
    suspendTimeoutMillis: '15000',
    subscription: '*',
    subVersion: '0',
  };
  return requestCommand(RequestCode.PULL_MESSAGE, { extFields });
}

async function turns(clock: ManualClock): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await clock.advance(0);
}

describe('Broker', () => {
  it('answers the pulls that wait before it ends, and leaves the name server', async () => {
    await using fixture = await BrokerFixture.start();
    await fixture.createTopic('T');
    const client = fixture.client();
    const pulling = client.invoke('127.0.0.1:10911', heldPull(), { timeoutMillis: 30_000 });
    await turns(fixture.clock);
    await fixture.settled(fixture.broker.stop());
    expect((await fixture.settled(pulling)).code).toBe(ResponseCode.PULL_NOT_FOUND);
    expect(fixture.registrations.at(-1)?.code).toBe(RequestCode.UNREGISTER_BROKER);
  });

  it('ends everything again when a port is taken: no timer and no listener stays', async () => {
    await using fixture = await BrokerFixture.start();
    const second = new BrokerFixture({}, fixture);
    const before = fixture.clock.pendingTimerCount;
    await expect(fixture.settled(second.broker.start())).rejects.toThrow('EADDRINUSE');
    expect(fixture.clock.pendingTimerCount).toBe(before);
  });

  it('needs the port below too when its port was chosen', async () => {
    await using fixture = await BrokerFixture.start({ listenPort: 20_000 });
    const second = new BrokerFixture({ listenPort: 20_002 }, fixture);
    await expect(fixture.settled(second.broker.start())).rejects.toThrow('EADDRINUSE');
  });

  it('registers where clients reach it with the port that is bound', async () => {
    await using fixture = await BrokerFixture.start({ listenPort: 0 });
    const registered = fixture.registrations[0]?.extFields['brokerAddr'] ?? '';
    expect(registered).toMatch(/^127\.0\.0\.1:\d{5}$/);
    const sent = await fixture.send('T', 'x', 0, registered);
    const port = Number(registered.split(':')[1]).toString(16).toUpperCase().padStart(8, '0');
    expect(sent.extFields['msgId']).toMatch(new RegExp(`^7F000001${port}`));
  });

  it('may be stopped twice', async () => {
    const fixture = await BrokerFixture.start();
    await fixture.settled(fixture.broker.stop());
    await fixture[Symbol.asyncDispose]();
    expect(fixture.clock.pendingTimerCount).toBe(0);
  });

  it('is not found any more by clients after it stopped', async () => {
    const fixture = await BrokerFixture.start();
    await fixture.settled(fixture.broker.stop());
    const { transport, clock } = fixture;
    const client = new RemotingClient({ name: 'late', transport, clock, logger: silentLogger });
    const asking = client.invoke('127.0.0.1:10911', heldPull(), { timeoutMillis: 1000 });
    await expect(fixture.settled(asking)).rejects.toThrow('127.0.0.1:10911');
    await fixture[Symbol.asyncDispose]();
  });
});

it('two brokers in one process do not disturb each other', async () => {
  await using one = await BrokerFixture.start();
  await using two = await BrokerFixture.start();
  await one.createTopic('OnlyInOne');
  const question = { topic: 'OnlyInOne' };
  expect((await one.ask(RequestCode.GET_TOPIC_CONFIG, question)).code).toBe(ResponseCode.SUCCESS);
  expect((await two.ask(RequestCode.GET_TOPIC_CONFIG, question)).code).toBe(ResponseCode.TOPIC_NOT_EXIST);
});
