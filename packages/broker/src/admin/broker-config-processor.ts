import {
  type DataVersion,
  type RemotingCommand,
  ResponseCode,
  responseTo,
  writeJson,
} from '@centaurmq/protocol';
import type { Logger, RequestContext } from '@centaurmq/remoting';
import { type BrokerConfig, brokerConfigEntries, updateBrokerConfig } from '../config/broker-config.ts';
import { parseProperties, writeProperties } from '../config/broker-properties.ts';
import { ConfigError } from '../config/config-key.ts';
import { errorResponse, successResponse } from './body-response.ts';

/** Keys of Apache's that name places on the broker's machine: nobody may set them from afar. */
const BLACK_LIST: ReadonlySet<string> = new Set(['brokerConfigPath', 'rocketmqHome', 'configBlackList']);

export interface BrokerConfigProcessorOptions {
  readonly config: BrokerConfig;
  readonly topicDataVersion: () => DataVersion;
  /** Something others were told of changed: the permission of the broker. */
  readonly permissionChanged: () => Promise<void>;
  /** After every change: what the engine was told may be another now. */
  readonly configChanged: () => void;
  readonly logger: Logger;
}

/** Reads and changes the broker's configuration: 25, 26. Changes last until the broker stops. */
export class BrokerConfigProcessor {
  readonly #options: BrokerConfigProcessorOptions;

  constructor(options: BrokerConfigProcessorOptions) {
    this.#options = options;
  }

  /** 25 */
  readonly updateBrokerConfig = async (
    request: RemotingCommand,
    { connection }: RequestContext,
  ): Promise<RemotingCommand> => {
    const { config, permissionChanged, configChanged, logger } = this.#options;
    const entries = parseProperties(Buffer.from(request.body).toString());
    if (entries.some(([key]) => BLACK_LIST.has(key)))
      return errorResponse(request, ResponseCode.NO_PERMISSION, 'Can not update config in black list.');
    try {
      const { changed, ignored } = updateBrokerConfig(config, entries);
      logger.info(
        { changed, ignored, caller: connection.remote },
        'configuration changed by an administrator',
      );
      configChanged();
      if (changed.includes('brokerPermission')) await permissionChanged();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return errorResponse(request, ResponseCode.SYSTEM_ERROR, error.message);
    }
    return successResponse(request);
  };

  /** 26 */
  readonly getBrokerConfig = (request: RemotingCommand): RemotingCommand => {
    const { config, topicDataVersion } = this.#options;
    return responseTo(request, ResponseCode.SUCCESS, {
      extFields: { version: writeJson(topicDataVersion()) },
      body: Buffer.from(writeProperties(brokerConfigEntries(config))),
    });
  };
}
