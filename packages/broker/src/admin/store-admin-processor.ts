import {
  MessageRequestModeSerializeWrapper,
  type RemotingCommand,
  ResponseCode,
  responseTo,
  writeJson,
} from '@centaurmq/protocol';
import type { Logger, RequestContext } from '@centaurmq/remoting';
import { bodyResponse, successResponse } from './body-response.ts';

export interface StoreAdminProcessorOptions {
  /** One round of deletion of what is expired, now instead of at its hour. */
  readonly retain: () => Promise<void>;
  /** How far each delay level has been delivered. */
  readonly delayOffsets: () => ReadonlyMap<number, number>;
  readonly logger: Logger;
}

/** Housekeeping on request: 316, 306, 329, and tables that slaves ask for: 45, 402 (empty here). */
export class StoreAdminProcessor {
  readonly #options: StoreAdminProcessorOptions;

  constructor(options: StoreAdminProcessorOptions) {
    this.#options = options;
  }

  /** 306 and 329: expired segments and, with them, the consume queues that pointed into them. */
  readonly deleteExpired = async (
    request: RemotingCommand,
    { connection }: RequestContext,
  ): Promise<RemotingCommand> => {
    this.#options.logger.info(
      { caller: connection.remote },
      'deletion of expired files asked for by an administrator',
    );
    await this.#options.retain();
    return successResponse(request);
  };

  /** 316: queues of deleted topics are removed with the topic, so there is nothing left to do. */
  readonly cleanUnusedTopic = (request: RemotingCommand): RemotingCommand => successResponse(request);

  /** 45 */
  readonly getAllDelayOffset = (request: RemotingCommand): RemotingCommand =>
    responseTo(request, ResponseCode.SUCCESS, {
      body: Buffer.from(writeJson({ offsetTable: this.#options.delayOffsets() })),
    });

  /** 402 */
  readonly getAllMessageRequestMode = (request: RemotingCommand): RemotingCommand =>
    bodyResponse(request, MessageRequestModeSerializeWrapper, { messageRequestModeMap: new Map() });
}
