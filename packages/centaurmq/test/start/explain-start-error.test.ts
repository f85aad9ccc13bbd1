import { describe, expect, it } from 'vitest';
import { ExitCode } from '../../src/exit-code.ts';
import { RoleStartError } from '../../src/roles/start-roles.ts';
import { explainStartError } from '../../src/start/explain-start-error.ts';

function systemError(code: string, facts: object): Error {
  return Object.assign(new Error(`listen ${code}`), { code, ...facts });
}

const explain = (role: 'name server' | 'broker', cause: unknown) =>
  explainStartError(new RoleStartError(role, cause), { brokerPort: 10_911 });

describe('explainStartError', () => {
  it.each([
    ['name server', 9876, 'port 9876, which the name server needs, is taken by', '--namesrv-port'],
    ['broker', 10_911, 'port 10911, which the broker needs, is taken by', '--broker-port'],
    [
      'broker',
      10_909,
      "port 10909, which older clients need besides the broker's port 10911, is taken by",
      '--broker-port',
    ],
  ] as const)('names the taken port of the %s: %i', async (role, port, message, flag) => {
    const explained = await explain(role, systemError('EADDRINUSE', { port }));
    expect(explained.message).toContain(message);
    expect(explained.advice).toContain(flag);
    expect(explained.exitCode).toBe(ExitCode.FAILURE);
  });

  it('names a port that takes more rights', async () => {
    const explained = await explain('broker', systemError('EACCES', { port: 80 }));
    expect(explained.message).toBe('port 80 may not be used by this user');
  });

  it('names an address that is not of this machine', async () => {
    const explained = await explain('broker', systemError('EADDRNOTAVAIL', { address: '10.9.9.9' }));
    expect([explained.message, explained.advice]).toEqual([
      'this machine has no address 10.9.9.9',
      'give one of its addresses with --broker-ip',
    ]);
  });

  it("passes on what the store or the engine's loader say", async () => {
    const explained = await explain('broker', new Error('the store directory /data is in use by process 7'));
    expect(explained.message).toBe(
      'the broker cannot start: the store directory /data is in use by process 7',
    );
  });
});
