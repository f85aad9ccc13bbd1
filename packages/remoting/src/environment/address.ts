import { isIP } from 'node:net';
import type { SocketAddress } from './transport.ts';

const PORT_MAX = 65_535;

/** `host:port`, or `[v6]:port`. */
export function addressToString({ host, port }: SocketAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Reads `host:port` and `[v6]:port`; also RocketMQ's unbracketed `v6:port`, split at the last colon.
 * @throws Error that names what was found and what is expected
 */
export function parseAddress(address: string): SocketAddress {
  const colon = address.lastIndexOf(':');
  const port = Number(address.slice(colon + 1));
  const bracketed = address.startsWith('[') && address[colon - 1] === ']';
  const host = bracketed ? address.slice(1, colon - 1) : address.slice(0, colon);
  if (colon < 1 || host === '' || !/^\d+$/.test(address.slice(colon + 1)) || port < 1 || port > PORT_MAX) {
    throw new Error(
      `'${address}' is not an address; expected host:port or [IPv6]:port with a port from 1 to ${PORT_MAX}`,
    );
  }
  return { host, port };
}

/** An IPv4 or IPv6 literal, and not a name that has to be looked up. */
export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0;
}
