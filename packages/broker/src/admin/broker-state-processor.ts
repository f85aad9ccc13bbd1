import { type RemotingCommand, ResponseCode, ViewBrokerStatsDataRequestHeader } from '@centaurmq/protocol';
import type { BrokerStatsManager } from '../statistics/broker-stats-manager.ts';
import { errorResponse, jsonResponse } from './json-response.ts';

export interface BrokerStateProcessorOptions {
  readonly stats: Pick<BrokerStatsManager, 'statsItem'>;
  readonly runtimeInfo: () => Record<string, string>;
}

/** Tells how the broker is doing: 28, 315. */
export class BrokerStateProcessor {
  readonly #options: BrokerStateProcessorOptions;

  constructor(options: BrokerStateProcessorOptions) {
    this.#options = options;
  }

  /** 28 */
  readonly getBrokerRuntimeInfo = (request: RemotingCommand): RemotingCommand =>
    jsonResponse(request, { table: this.#options.runtimeInfo() });

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
    return jsonResponse(request, {
      statsMinute: item.snapshot('minute'),
      statsHour: item.snapshot('hour'),
      statsDay: item.snapshot('day'),
    });
  };
}
