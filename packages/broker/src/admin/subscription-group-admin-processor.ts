import {
  DeleteSubscriptionGroupRequestHeader,
  GetAllSubscriptionGroupRequestHeader,
  GetSubscriptionGroupConfigRequestHeader,
  GroupForbidden,
  type RemotingCommand,
  ResponseCode,
  SubscriptionGroupConfig,
  SubscriptionGroupList,
  SubscriptionGroupWrapper,
  TopicRules,
  UpdateGroupForbiddenRequestHeader,
} from '@centaurmq/protocol';
import type { Logger, RequestContext } from '@centaurmq/remoting';
import type { ConsumerOffsetManager } from '../offset/consumer-offset-manager.ts';
import type { BrokerStatsManager } from '../statistics/broker-stats-manager.ts';
import type { SubscriptionGroupManager } from '../subscription/subscription-group-manager.ts';
import { errorResponse, bodyResponse, successResponse } from './body-response.ts';
import { decidePage } from './table-page.ts';

const GROUPS_PER_REQUEST_MAX = 10_000;

export interface SubscriptionGroupAdminProcessorOptions {
  readonly groups: SubscriptionGroupManager;
  readonly offsets: Pick<ConsumerOffsetManager, 'cleanOffset'>;
  readonly stats: Pick<BrokerStatsManager, 'groupDeleted'>;
  readonly logger: Logger;
}

/** Consumer groups: 200, 225, 207, 201, 352, 353. */
export class SubscriptionGroupAdminProcessor {
  readonly #options: SubscriptionGroupAdminProcessorOptions;

  constructor(options: SubscriptionGroupAdminProcessorOptions) {
    this.#options = options;
  }

  /** 200 */
  readonly updateAndCreateSubscriptionGroup = (request: RemotingCommand): Promise<RemotingCommand> =>
    this.#update(request, [SubscriptionGroupConfig.decode(request.body)]);

  /** 225 */
  readonly updateAndCreateSubscriptionGroupList = (request: RemotingCommand): Promise<RemotingCommand> =>
    this.#update(request, SubscriptionGroupList.decode(request.body).groupConfigList);

  /** 207 */
  readonly deleteSubscriptionGroup = async (
    request: RemotingCommand,
    { connection }: RequestContext,
  ): Promise<RemotingCommand> => {
    const { groups, offsets, stats, logger } = this.#options;
    const { groupName, cleanOffset } = DeleteSubscriptionGroupRequestHeader.decode(request.extFields);
    await groups.deleteSubscriptionGroupConfig(groupName);
    if (cleanOffset) offsets.cleanOffset(groupName);
    stats.groupDeleted(groupName);
    logger.info(
      { group: groupName, cleanOffset, caller: connection.remote },
      'group deleted by an administrator',
    );
    return successResponse(request);
  };

  /** 201: all, or a page. */
  readonly getAllSubscriptionGroupConfig = (request: RemotingCommand): RemotingCommand => {
    const { groups } = this.#options;
    const header = GetAllSubscriptionGroupRequestHeader.decode(request.extFields);
    const page = decidePage(groups.groups, groups.dataVersion, {
      startIndex: header.groupSeq,
      dataVersion: header.dataVersion,
      countMax: header.maxGroupNum,
    });
    const forbidden = page.filter(([, group]) => group.forbidden.size > 0);
    const body = {
      dataVersion: groups.dataVersion,
      forbiddenTable: new Map(forbidden.map(([name, group]) => [name, group.forbidden])),
      subscriptionGroupTable: new Map(page.map(([name, group]) => [name, group.config])),
    };
    const extFields = { totalGroupNum: String(groups.groups.size) };
    return bodyResponse(request, SubscriptionGroupWrapper, body, extFields);
  };

  /** 352: creates the group where that is allowed, as Java does. */
  readonly getSubscriptionGroupConfig = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { group } = GetSubscriptionGroupConfigRequestHeader.decode(request.extFields);
    const config = await this.#options.groups.findSubscriptionGroupConfig(group);
    if (config === null)
      return errorResponse(request, ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, 'No group in this broker');
    return bodyResponse(request, SubscriptionGroupConfig, config);
  };

  /** 353: asks, and sets when `readable` is given. */
  readonly updateAndGetGroupForbidden = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { groups } = this.#options;
    const { group, topic, readable } = UpdateGroupForbiddenRequestHeader.decode(request.extFields);
    if (readable !== undefined && !(await groups.setReadForbidden(group, topic, !readable)))
      return errorResponse(
        request,
        ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
        `the subscription group [${group}] does not exist`,
      );
    return bodyResponse(request, GroupForbidden, {
      group,
      topic,
      readable: !groups.isReadForbidden(group, topic),
    });
  };

  async #update(
    request: RemotingCommand,
    wanted: readonly SubscriptionGroupConfig[],
  ): Promise<RemotingCommand> {
    if (wanted.length > GROUPS_PER_REQUEST_MAX)
      return errorResponse(
        request,
        ResponseCode.INVALID_PARAMETER,
        `expected at most ${GROUPS_PER_REQUEST_MAX} groups, found ${wanted.length}`,
      );
    for (const { groupName } of wanted) {
      const invalid = TopicRules.validateGroup(groupName);
      if (invalid !== null) return errorResponse(request, ResponseCode.INVALID_PARAMETER, invalid);
    }
    await this.#options.groups.updateSubscriptionGroupConfigs(wanted);
    return successResponse(request);
  }
}
