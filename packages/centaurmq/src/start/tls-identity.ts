import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { selfSignedIdentity, systemClock } from '@centaurmq/remoting';
import { CommandError } from '../exit-code.ts';
import type { RolesOptions } from '../roles/start-roles.ts';
import type { TlsOptions } from './start-options.ts';

/** The certificate that is named, or one made now for the addresses of this machine. @throws CommandError */
export async function tlsOf(tls: TlsOptions | null, brokerIP1: string | null): Promise<RolesOptions['tls']> {
  if (tls === null) return null;
  const { mode, files } = tls;
  if (files === null) {
    const hosts = [...new Set([brokerIP1 ?? '127.0.0.1', '127.0.0.1', 'localhost', hostname()])];
    return { mode, identity: await selfSignedIdentity({ hosts, now: systemClock.now() }) };
  }
  const [certificate, privateKey] = await Promise.all([
    readPem('--tls-certificate', files.certificate),
    readPem('--tls-key', files.privateKey),
  ]);
  return { mode, identity: { certificate, privateKey } };
}

async function readPem(flag: string, path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.includes('-----BEGIN ')) return text;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`${flag}: ${reason}`, { cause });
  }
  throw new CommandError(`${flag}: expected a PEM file, ${path} is none`);
}
