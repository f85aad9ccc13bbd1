import { isOneway, ResponseCode, responseTo } from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import type { Logger } from '../environment/logger.ts';
import { RemotingError, toError } from '../errors.ts';
import type { RequestContext, RequestHandler } from '../server/request-handler.ts';

/** Request code → handler, with one handler for every other code. Apache RocketMQ: processorTable. */
export class RequestTable {
  readonly #handlers = new Map<number, RequestHandler>();
  readonly #logger: Logger;
  #default: RequestHandler | null = null;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @throws Error when a code has a handler already */
  register(codes: number | readonly number[], handler: RequestHandler): void {
    for (const code of typeof codes === 'number' ? [codes] : codes) {
      if (this.#handlers.has(code)) throw new Error(`request code ${code} has a handler already`);
      this.#handlers.set(code, handler);
    }
  }

  registerDefault(handler: RequestHandler): void {
    this.#default = handler;
  }

  /** Runs the handler; a failure becomes its response. A promise only when the handler gave one. Never throws or rejects. */
  handle(
    request: RemotingCommand,
    context: RequestContext,
  ): RemotingCommand | null | Promise<RemotingCommand | null> {
    const handler = this.#handlers.get(request.code) ?? this.#default;
    if (handler === null) return this.#unsupported(request, context);
    try {
      const response = handler(request, context);
      if (!(response instanceof Promise)) return response;
      return response.catch((error: unknown) => this.#failed(request, context, error));
    } catch (error) {
      return this.#failed(request, context, error);
    }
  }

  #unsupported(request: RemotingCommand, { connection }: RequestContext): RemotingCommand {
    this.#logger.warn({ code: request.code, remote: connection.remote }, 'request code not supported');
    // The remark is what Apache's tools show; its first blank belongs to it.
    return responseTo(request, ResponseCode.REQUEST_CODE_NOT_SUPPORTED, {
      remark: ` request type ${request.code} not supported`,
    });
  }

  #failed(request: RemotingCommand, { connection }: RequestContext, thrown: unknown): RemotingCommand | null {
    if (thrown instanceof RemotingError) {
      return isOneway(request) ? null : responseTo(request, thrown.code, { remark: thrown.remark });
    }
    const error = toError(thrown);
    this.#logger.error(
      { code: request.code, opaque: request.opaque, remote: connection.remote, err: error },
      'request failed',
    );
    if (isOneway(request)) return null;
    return responseTo(request, ResponseCode.SYSTEM_ERROR, { remark: `${error.name}: ${error.message}` });
  }
}
