import { ManualClock, silentLogger } from '@centaurmq/remoting';
import { beforeEach, describe, expect, it } from 'vitest';
import { ProducerManager } from '../../src/client/producer-manager.ts';
import { resolveBrokerConfig } from '../../src/config/broker-config.ts';
import { fakeConnection } from './fake-connection.ts';

const machine = { hostName: 'broker-a', address: '10.0.0.7', storePathRootDir: '/data' };

describe('ProducerManager', () => {
  let clock: ManualClock;
  let manager: ProducerManager;

  beforeEach(() => {
    clock = new ManualClock();
    manager = new ProducerManager({ config: resolveBrokerConfig({}, machine), clock, logger: silentLogger });
  });

  function register(group: string, clientId: string, connection = fakeConnection()) {
    manager.registerProducer(group, { connection, clientId, language: 0, version: 479 });
    return connection;
  }

  it('takes the open connections of a group in turn', () => {
    const one = register('P', 'c1');
    register('P', 'c2');
    const three = register('P', 'c3');
    const picked = () => manager.getAvailableChannel('P')?.clientId;
    expect(new Set([picked(), picked(), picked()])).toEqual(new Set(['c1', 'c2', 'c3']));
    one.isOpen = false;
    three.isOpen = false;
    expect([picked(), picked()]).toEqual(['c2', 'c2']);
    expect(manager.getAvailableChannel('Unknown')).toBeNull();
  });

  it('forgets a closed connection in all its groups', () => {
    const connection = register('P', 'c1');
    register('Q', 'c1', connection);
    register('Q', 'c2');
    manager.connectionClosed(connection);
    expect([...manager.groups.keys()]).toEqual(['Q']);
    expect(manager.findChannel('c1')).toBeUndefined();
    expect(manager.findChannel('c2')).toBeDefined();
  });

  it('keeps the client known while one of its groups remains', () => {
    const connection = register('P', 'c1');
    register('Q', 'c1', connection);
    manager.unregisterProducer('P', connection);
    expect(manager.findChannel('c1')).toBeDefined();
    manager.unregisterProducer('Q', connection);
    expect(manager.findChannel('c1')).toBeUndefined();
  });

  it('does not forget a reconnected client when its old connection closes', () => {
    const old = register('P', 'c1');
    const current = register('P', 'c1');
    manager.connectionClosed(old);
    expect(manager.findChannel('c1')?.connection).toBe(current);
  });

  it('forgets a producer 120 s after its last heartbeat', async () => {
    const connection = register('P', 'c1');
    await clock.advance(120_000);
    expect(manager.scanNotActiveChannel()).toEqual([]);
    await clock.advance(1);
    expect(manager.scanNotActiveChannel()).toEqual([connection]);
    expect(manager.groups.size).toBe(0);
  });
});
