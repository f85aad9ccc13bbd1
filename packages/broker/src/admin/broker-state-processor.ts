import {
  BrokerStatsData,
  KVTable,
  type RemotingCommand,
  ResponseCode,
  ViewBrokerStatsDataRequestHeader,
} from '@centaurmq/protocol';
import type { BrokerStatsManager } from '../statistics/broker-stats-manager.ts';
import { errorResponse, bodyResponse } from './body-response.ts';

export interface BrokerStateProcessorOptions {
  readonly stats: Pick<BrokerStatsManager, 'statsItem'>;
  readonly runtimeInfo: () => ReadonlyMap<string, string>;
}

/** Tells how the broker is doing: 28, 315. */
export class BrokerStateProcessor {
  readonly #options: BrokerStateProcessorOptions;

  constructor(options: BrokerStateProcessorOptions) {
    this.#options = options;
  }

  /** 28 */
  readonly getBrokerRuntimeInfo = (request: RemotingCommand): RemotingCommand =>
    bodyResponse(request, KVTable, { table: this.#options.runtimeInfo() });

  /** 315 */
  readonly viewBrokerStatsData = (request: RemotingCommand): RemotingCommand => {
    const { statsName, statsKey } = ViewBrokerStatsDataRequestHeader.decode(request.extFields);
    const item = this.#options.stats.statsItem(statsName, statsKey);
    if (item === null)
      return errorResponse(
        request,
        ResponseCode.SYSTEM_ERROR,
        `The stats <${statsName}> <${statsKey}> not exist`,
      );
    return bodyResponse(request, BrokerStatsData, {
      statsMinute: item.snapshot('minute'),
      statsHour: item.snapshot('hour'),
      statsDay: item.snapshot('day'),
    });
  };
}
