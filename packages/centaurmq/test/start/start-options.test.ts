import { describe, expect, it } from 'vitest';
import { ExitCode } from '../../src/exit-code.ts';
import { type StartFlags, decideStartOptions } from '../../src/start/start-options.ts';

const flags = (given: Partial<StartFlags> = {}): StartFlags => ({ role: 'all', logLevel: 'warn', ...given });

describe('decideStartOptions', () => {
  it('keeps a broker that is only tried out on this machine', () => {
    expect(decideStartOptions(flags(), {})).toEqual({
      nameServer: { host: '127.0.0.1', port: 9876 },
      broker: {
        listenHost: '127.0.0.1',
        config: {
          brokerIP1: '127.0.0.1',
          brokerName: 'broker-a',
          listenPort: 10_911,
          namesrvAddr: '',
          storePathRootDir: './data',
        },
      },
      directory: './data',
      tls: null,
      logLevel: 'warn',
      logJson: false,
    });
  });

  it('opens to others when an address is given', () => {
    const options = decideStartOptions(flags({ brokerIp: '10.0.0.7' }), {});
    expect(options.nameServer?.host).toBe('0.0.0.0');
    expect(options.broker).toMatchObject({ listenHost: '0.0.0.0', config: { brokerIP1: '10.0.0.7' } });
  });

  it('leaves address and name to the machine when the broker joins others', () => {
    const options = decideStartOptions(flags({ role: 'broker', namesrv: 'a:9876;b:9876' }), {});
    expect(options.nameServer).toBeNull();
    expect(options.broker?.listenHost).toBe('0.0.0.0');
    expect(options.broker?.config).toEqual({
      listenPort: 10_911,
      namesrvAddr: 'a:9876;b:9876',
      storePathRootDir: './data',
    });
  });

  it('starts a name server for others when it is alone', () => {
    const options = decideStartOptions(flags({ role: 'namesrv', namesrvPort: '19876' }), {});
    expect(options).toMatchObject({ nameServer: { host: '0.0.0.0', port: 19_876 }, broker: null });
  });

  it('lets flags win over the broker.conf', () => {
    const conf = {
      brokerName: 'conf',
      listenPort: 1,
      storePathRootDir: '/conf',
      flushDiskType: 'SYNC_FLUSH',
      fileReservedTime: 5,
    } as const;
    const given = flags({ brokerName: 'flag', brokerPort: '2', store: '/flag', flush: 'os', cluster: 'C' });
    expect(decideStartOptions(given, conf).broker?.config).toMatchObject({
      brokerName: 'flag',
      brokerClusterName: 'C',
      listenPort: 2,
      storePathRootDir: '/flag',
      flushDiskType: 'ASYNC_FLUSH',
      fileReservedTime: 5,
    });
    expect(decideStartOptions(flags(), conf).broker?.config).toMatchObject(conf);
  });

  it('speaks TLS as soon as there is a certificate', () => {
    const files = { certificate: 'c.pem', privateKey: 'k.pem' };
    const given = flags({ tlsCertificate: 'c.pem', tlsKey: 'k.pem' });
    expect(decideStartOptions(given, {}).tls).toEqual({ mode: 'permissive', files });
    expect(decideStartOptions({ ...given, tls: 'enforcing' }, {}).tls).toEqual({ mode: 'enforcing', files });
    expect(decideStartOptions(flags({ tls: 'permissive' }), {}).tls).toEqual({
      mode: 'permissive',
      files: null,
    });
  });

  it.each([
    [{ role: 'everything' }, '--role: expected one of all, namesrv, broker, found "everything"'],
    [{ role: 'broker' }, '--role broker needs to know the name servers'],
    [{ logLevel: 'loud' }, '--log-level: expected one of debug, info, warn, error, silent, found "loud"'],
    [{ namesrvPort: '65536' }, '--namesrv-port: expected a port between 0 and 65535, found "65536"'],
    [{ brokerPort: '-1' }, '--broker-port: expected a port between 0 and 65535, found "-1"'],
    [{ brokerIp: 'example.org' }, '--broker-ip: expected an IPv4 or IPv6 address, found "example.org"'],
    [{ tls: 'always' }, '--tls: expected one of disabled, permissive, enforcing, found "always"'],
    [{ tlsKey: 'key.pem' }, '--tls-certificate and --tls-key go together'],
    [{ flush: 'sync' }, '--flush: expected one of os, fsync, found "sync"'],
  ])('refuses %j as wrong usage', (given, message) => {
    expect(() => decideStartOptions(flags(given), {})).toThrow(
      expect.objectContaining({ message, exitCode: ExitCode.USAGE }),
    );
  });
});
