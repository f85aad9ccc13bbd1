import type { RemotingCommand } from '@centaurmq/protocol';
import { requestCodeName } from '@centaurmq/protocol';
import type { Logger, Random } from '@centaurmq/remoting';
import { parseAddress } from '@centaurmq/remoting';
import { MqError, MqErrorCode } from '../errors.ts';
import { responseError } from '../calls/call-error.ts';
import type { RemotingCalls } from '../calls/remoting-calls.ts';

/**
 * Reads RocketMQ's list, `host:port;host:port`, or an array of addresses.
 * @throws MqError INVALID_ARGUMENT
 */
export function parseNameServers(given: string | readonly string[]): readonly string[] {
  const listed = typeof given === 'string' ? given.split(/[;,]/) : given;
  const addresses = listed.map((address) => address.trim()).filter((address) => address !== '');
  if (addresses.length === 0) {
    throw new MqError(MqErrorCode.INVALID_ARGUMENT, 'no name server is given', {
      advice: "Give nameServers as 'host:port;host:port' or as an array of addresses",
    });
  }
  for (const address of addresses) {
    try {
      parseAddress(address);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new MqError(MqErrorCode.INVALID_ARGUMENT, `name server: ${message}`, { cause });
    }
  }
  return addresses;
}

export interface NameServersOptions {
  readonly addresses: readonly string[];
  readonly calls: RemotingCalls;
  readonly random: Random;
  readonly logger: Logger;
  /** For each name server that is tried. */
  readonly timeoutMillis: number;
}

/**
 * Several name servers that know the same: one is chosen by chance and kept until it fails, then the next in turn.
 * Apache RocketMQ: NettyRemotingClient.getAndCreateNameserverChannel.
 */
export class NameServers {
  readonly #options: NameServersOptions;
  #chosen: number;

  constructor(options: NameServersOptions) {
    this.#options = options;
    this.#chosen = options.random.below(options.addresses.length);
  }

  get addresses(): readonly string[] {
    return this.#options.addresses;
  }

  /**
   * @param accepted the response codes that are an answer; a name server that answers with another one is not asked again elsewhere
   * @throws MqError NAME_SERVER_UNAVAILABLE when none answers, RESPONSE_ERROR
   */
  async call(
    request: RemotingCommand,
    accepted: readonly number[],
    signal?: AbortSignal,
  ): Promise<RemotingCommand> {
    const { addresses, calls, logger, timeoutMillis } = this.#options;
    const failures: string[] = [];
    let lastFailure: unknown;
    const first = this.#chosen;
    for (let tried = 0; tried < addresses.length; tried++) {
      const position = (first + tried) % addresses.length;
      const address = addresses[position] ?? '';
      try {
        const response = await calls.ask(address, request, { timeoutMillis, signal });
        this.#chosen = position;
        if (!accepted.includes(response.code)) throw responseError(request.code, response, address);
        return response;
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof MqError) || error.code === MqErrorCode.RESPONSE_ERROR) throw error;
        logger.warn({ err: error, address }, 'name server does not answer');
        failures.push(error.cause instanceof Error ? error.cause.message : error.message);
        lastFailure = error;
      }
    }
    throw new MqError(
      MqErrorCode.NAME_SERVER_UNAVAILABLE,
      `no name server answered ${requestCodeName(request.code)}: ${failures.join('; ')}`,
      { cause: lastFailure, advice: 'Check the addresses and that a name server runs there' },
    );
  }
}
