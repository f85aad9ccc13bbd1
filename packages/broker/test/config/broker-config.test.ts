import { describe, expect, it } from 'vitest';
import {
  brokerConfigEntries,
  parseBrokerConfig,
  resolveBrokerConfig,
  updateBrokerConfig,
} from '../../src/config/broker-config.ts';

const machine = { hostName: 'box.example.org', address: '10.0.0.7', storePathRootDir: '/data' };

describe('resolveBrokerConfig', () => {
  it("has Apache's defaults and fills in what the machine knows", () => {
    const config = resolveBrokerConfig({}, machine);
    expect(config).toMatchObject({
      brokerClusterName: 'DefaultCluster',
      brokerName: 'box-example-org',
      brokerIP1: '10.0.0.7',
      listenPort: 10_911,
      storePathRootDir: '/data',
      fileReservedTime: 72,
      flushDiskType: 'ASYNC_FLUSH',
    });
  });

  it('names the key, what was found and what is expected', () => {
    expect(() => resolveBrokerConfig({ listenPort: 70_000 }, machine)).toThrow(
      'listenPort: expected a whole number between 0 and 65535, found 70000',
    );
  });

  it('refuses a key that does not exist', () => {
    const given = { lisenPort: 1 } as never;
    expect(() => resolveBrokerConfig(given, machine)).toThrow(
      'lisenPort: expected one of the documented keys',
    );
  });
});

describe('parseBrokerConfig', () => {
  it('reads what it knows and lists what it does not', () => {
    const parsed = parseBrokerConfig([
      ['brokerName', 'broker-a'],
      ['autoCreateTopicEnable', 'false'],
      ['sendMessageThreadPoolNums', '16'],
    ]);
    expect(parsed).toEqual({
      config: { brokerName: 'broker-a', autoCreateTopicEnable: false },
      ignored: ['sendMessageThreadPoolNums'],
    });
  });

  it.each([
    [
      'fileReservedTime',
      '3 days',
      'fileReservedTime: expected a whole number between 1 and 876000, found "3 days"',
    ],
    ['flushDiskType', 'SYNC', 'flushDiskType: expected one of ASYNC_FLUSH, SYNC_FLUSH, found "SYNC"'],
    ['autoCreateTopicEnable', 'yes', 'autoCreateTopicEnable: expected true or false, found "yes"'],
    ['deleteWhen', '24', 'deleteWhen: expected hours between 0 and 23, separated by semicolons, found "24"'],
  ])('refuses %s=%s', (key, value, message) => {
    expect(() => parseBrokerConfig([[key, value]])).toThrow(message);
  });
});

describe('keys that must not be ignored', () => {
  it('are accepted when they say what is so anyway', () => {
    const entries = [
      ['brokerRole', 'ASYNC_MASTER'],
      ['aclEnable', 'False'],
      ['brokerId', '0'],
    ] as const;
    expect(parseBrokerConfig(entries)).toEqual({ config: { brokerId: 0 }, ignored: [] });
  });

  it.each([
    [
      'brokerRole',
      'SYNC_MASTER',
      'brokerRole: expected ASYNC_MASTER, because replication is not built yet, found "SYNC_MASTER"',
    ],
    ['aclEnable', 'true', 'aclEnable: expected false, because access control is not built yet, found "true"'],
    ['brokerId', '1', 'brokerId: expected 0, found 1'],
  ])('are refused when they promise what is not there: %s=%s', (key, value, message) => {
    expect(() => parseBrokerConfig([[key, value]])).toThrow(message);
  });
});

describe('updateBrokerConfig', () => {
  it('changes values in place for everybody who has the object', () => {
    const config = resolveBrokerConfig({}, machine);
    const update = updateBrokerConfig(config, [
      ['autoCreateTopicEnable', 'false'],
      ['brokerPermission', '6'],
      ['unheardOf', '1'],
    ]);
    expect(update).toEqual({ changed: ['autoCreateTopicEnable'], ignored: ['unheardOf'] });
    expect(config.autoCreateTopicEnable).toBe(false);
  });

  it('changes nothing when one key takes a restart', () => {
    const config = resolveBrokerConfig({}, machine);
    const entries = [
      ['autoCreateTopicEnable', 'false'],
      ['listenPort', '1'],
    ] as const;
    expect(() => updateBrokerConfig(config, entries)).toThrow(
      'listenPort: expected 10911, because it takes a restart to change it, found 1',
    );
    expect(config.autoCreateTopicEnable).toBe(true);
  });

  it('takes back what brokerConfigEntries wrote', () => {
    const config = resolveBrokerConfig({}, machine);
    expect(updateBrokerConfig(config, brokerConfigEntries(config))).toEqual({ changed: [], ignored: [] });
  });
});
