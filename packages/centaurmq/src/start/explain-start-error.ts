import { CommandError } from '../exit-code.ts';
import { RoleStartError } from '../roles/start-roles.ts';
import { portOwner } from './port-owner.ts';

interface SystemError extends Error {
  readonly code: string;
  readonly port?: number;
  readonly address?: string;
}

const PORT_FLAGS = { 'name server': '--namesrv-port', broker: '--broker-port' } as const;
const VIP_PORT_DISTANCE = 2;

/** Says what is wrong and what to do about it, for everything that is known to stop a start. */
export async function explainStartError(
  error: unknown,
  given: { readonly brokerPort: number | null },
): Promise<CommandError> {
  if (error instanceof CommandError) return error;
  const system = systemErrorIn(error);
  if (error instanceof RoleStartError && system?.code === 'EADDRINUSE')
    return explainPortTaken(error.role, system, given.brokerPort);
  if (error instanceof RoleStartError && system?.code === 'EACCES' && system.port !== undefined)
    return new CommandError(`port ${system.port} may not be used by this user`, {
      advice: `choose one above 1023 with ${PORT_FLAGS[error.role]}`,
      cause: error,
    });
  if (error instanceof RoleStartError && system?.code === 'EADDRNOTAVAIL')
    return new CommandError(`this machine has no address ${system.address}`, {
      advice: 'give one of its addresses with --broker-ip',
      cause: error,
    });
  return new CommandError(error instanceof Error ? error.message : String(error), { cause: error });
}

async function explainPortTaken(
  role: RoleStartError['role'],
  { port = 0 }: SystemError,
  brokerPort: number | null,
): Promise<CommandError> {
  const owner = await portOwner(port);
  const isVip = role === 'broker' && brokerPort !== null && port === brokerPort - VIP_PORT_DISTANCE;
  const what = isVip
    ? `which older clients need besides the broker's port ${brokerPort}`
    : `which the ${role} needs`;
  const by = owner === null ? 'another process' : owner;
  return new CommandError(`port ${port}, ${what}, is taken by ${by}`, {
    advice: `end that process, or choose another port with ${PORT_FLAGS[role]}`,
  });
}

function systemErrorIn(error: unknown): SystemError | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (isSystemError(cause)) return cause;
  return null;
}

function isSystemError(error: Error): error is SystemError {
  return 'code' in error && typeof error.code === 'string';
}
