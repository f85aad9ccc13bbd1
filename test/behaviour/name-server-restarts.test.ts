import { Broker, resolveBrokerConfig } from '@centaurmq/broker';
import { NameServer, memoryKvConfigStore } from '@centaurmq/namesrv';
import { RequestCode, ResponseCode, requestCommand } from '@centaurmq/protocol';
import {
  ManualClock,
  RemotingClient,
  memoryTransport,
  seededRandom,
  silentLogger,
} from '@centaurmq/remoting';
import { expect, it } from 'vitest';

const TURNS_MAX = 1000;

it('a name server that was started again knows its brokers within seconds', async () => {
  const clock = new ManualClock();
  const transport = memoryTransport({ clock });
  const logger = silentLogger;
  const settled = async <Value>(promise: Promise<Value>): Promise<Value> => {
    const state = { done: false };
    const finished = promise.finally(() => {
      state.done = true;
    });
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      if (state.done) return finished;
      await clock.advance(0);
    }
    throw new Error(`nothing settled within ${TURNS_MAX} turns`);
  };
  const nameServer = () =>
    new NameServer({
      transport,
      clock,
      logger,
      listen: { host: '127.0.0.1', port: 9876, tlsMode: 'disabled' },
      store: memoryKvConfigStore(),
    });
  const first = nameServer();
  await settled(first.start());
  const machine = { hostName: 'broker-a', address: '127.0.0.1', storePathRootDir: '/nowhere' };
  const broker = new Broker({
    config: resolveBrokerConfig(
      { namesrvAddr: '127.0.0.1:9876', mappedFileSizeCommitLog: 1_048_576 },
      machine,
    ),
    location: { kind: 'memory' },
    listen: { host: '127.0.0.1', tlsMode: 'disabled' },
    transport,
    clock,
    random: seededRandom(1),
    logger,
    processId: 1,
  });
  await settled(broker.start());
  const client = new RemotingClient({ name: 'test', transport, clock, logger });
  const routeCode = async () => {
    const route = requestCommand(RequestCode.GET_ROUTEINFO_BY_TOPIC, { extFields: { topic: 'TBW102' } });
    return (await settled(client.invoke('127.0.0.1:9876', route, { timeoutMillis: 1000 }))).code;
  };
  expect(await routeCode()).toBe(ResponseCode.SUCCESS);
  await settled(first.stop({ drainMillis: 0 }));
  await clock.advance(5000);
  const second = nameServer();
  await settled(second.start());
  expect(await routeCode()).toBe(ResponseCode.TOPIC_NOT_EXIST);
  await clock.advance(2000);
  expect(await routeCode()).toBe(ResponseCode.SUCCESS);
  await settled(client.close());
  await settled(broker.stop());
  await settled(second.stop({ drainMillis: 0 }));
});
