import { isIP } from 'node:net';
import type { TlsIdentity } from '../environment/transport.ts';

export interface SelfSignedIdentityOptions {
  /** Names and addresses that clients connect to; the first is the common name. */
  readonly hosts: readonly string[];
  /** Milliseconds since the epoch; the certificate is valid from a day before. */
  readonly now: number;
  /** 365 when not given. */
  readonly validDays?: number;
}

const DAY_MILLIS = 86_400_000;
const IP_ADDRESS_ENTRY = 7;
const DNS_NAME_ENTRY = 2;

/** Makes a key (EC P-256) and a certificate signed with it: for trying TLS out, and for clients that are given the certificate to trust. */
export async function selfSignedIdentity(options: SelfSignedIdentityOptions): Promise<TlsIdentity> {
  const { hosts, now, validDays = 365 } = options;
  const [commonName] = hosts;
  if (commonName === undefined) throw new Error('selfSignedIdentity needs at least one host');
  // Loaded only when asked for: most processes never make a certificate.
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - DAY_MILLIS),
    notAfterDate: new Date(now + validDays * DAY_MILLIS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: hosts.map((host) =>
          isIP(host) === 0 ? { type: DNS_NAME_ENTRY, value: host } : { type: IP_ADDRESS_ENTRY, ip: host },
        ),
      },
    ],
  });
  return { certificate: made.cert, privateKey: made.private };
}
