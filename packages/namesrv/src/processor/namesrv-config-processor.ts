import { RequestCode, ResponseCode, responseTo } from '@centaurmq/protocol';
import type { Logger, RemotingServer } from '@centaurmq/remoting';
import { parseLines } from 'dot-properties';
import type { NamesrvConfig } from '../config/namesrv-config.ts';
import { decideConfigChange, namesrvConfigText } from '../config/namesrv-config.ts';

export interface NamesrvConfigCollaborators {
  /** Changed in place. */
  readonly config: NamesrvConfig;
  /** Shown with the configuration, not changeable: ports, paths. */
  readonly shown: Readonly<Record<string, string | number>>;
  readonly logger: Logger;
  /** Keeps a changed configuration for the next start. */
  readonly save: (text: string) => Promise<void>;
}

/** UPDATE_NAMESRV_CONFIG and GET_NAMESRV_CONFIG: Java properties text. */
export function registerNamesrvConfigProcessor(
  server: RemotingServer,
  collaborators: NamesrvConfigCollaborators,
): void {
  const { config, shown, logger, save } = collaborators;

  server.register(RequestCode.GET_NAMESRV_CONFIG, (request) =>
    responseTo(request, ResponseCode.SUCCESS, { body: Buffer.from(namesrvConfigText(config, shown)) }),
  );

  server.register(RequestCode.UPDATE_NAMESRV_CONFIG, async (request, { connection }) => {
    const properties = readProperties(request.body);
    const decision = decideConfigChange(config, properties);
    if (decision.kind === 'forbidden') {
      return responseTo(request, ResponseCode.NO_PERMISSION, {
        remark: 'Can not update config in black list.',
      });
    }
    if (decision.kind === 'invalid') {
      return responseTo(request, ResponseCode.INVALID_PARAMETER, { remark: decision.reason });
    }
    await save(namesrvConfigText({ ...config, ...decision.change }));
    Object.assign(config, decision.change);
    logger.info({ remote: connection.remote, change: decision.change }, 'configuration changed');
    return responseTo(request, ResponseCode.SUCCESS);
  });
}

function readProperties(body: Uint8Array): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of parseLines(Buffer.from(body).toString('utf8'))) {
    const [key, value] = Array.isArray(line) ? line : [];
    if (key !== undefined && value !== undefined) properties.set(key, value);
  }
  return properties;
}
