import {
  ConsumeMessageDirectlyResultRequestHeader,
  GetConsumerRunningInfoRequestHeader,
  GetConsumerStatusBody,
  GetConsumerStatusRequestHeader,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  mqVersionName,
  parseOffsetMessageId,
  requestCommand,
} from '@centaurmq/protocol';
import { type Connection, RemotingTimeoutError } from '@centaurmq/remoting';
import type { RegisteredChannel } from '../client/client-channel.ts';
import type { ConsumerManager } from '../client/consumer-manager.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { SubscriptionGroupManager } from '../subscription/subscription-group-manager.ts';
import type { TopicConfigManager } from '../topic/topic-config-manager.ts';
import { errorResponse, bodyResponse } from './body-response.ts';

const CALL_TIMEOUT_MILLIS = 10_000;
const STATUS_TIMEOUT_MILLIS = 5000;
/** Java's MQVersion V3_1_8_SNAPSHOT: older clients do not understand 307 and 309. */
const VERSION_MIN = 62;

export interface ClientRelayProcessorOptions {
  readonly config: Pick<BrokerConfig, 'brokerName'>;
  readonly consumers: Pick<ConsumerManager, 'findChannel' | 'getConsumerGroupInfo'>;
  readonly topics: Pick<TopicConfigManager, 'find'>;
  readonly groups: Pick<SubscriptionGroupManager, 'find'>;
  readonly store: Pick<MessageStore, 'lookup'>;
  /** Asks a client on its own connection. */
  readonly call: (
    connection: Connection,
    command: RemotingCommand,
    timeoutMillis: number,
  ) => Promise<RemotingCommand>;
}

/** Passes an administrator's questions on to consumers: 307, 309, 223 (Java: Broker2Client). */
export class ClientRelayProcessor {
  readonly #options: ClientRelayProcessorOptions;

  constructor(options: ClientRelayProcessorOptions) {
    this.#options = options;
  }

  /** 307 */
  readonly getConsumerRunningInfo = (request: RemotingCommand): Promise<RemotingCommand> => {
    const { consumerGroup, clientId } = GetConsumerRunningInfoRequestHeader.decode(request.extFields);
    return this.#relay(request, { consumerGroup, clientId, body: request.body });
  };

  /** 309: the stored message goes along. */
  readonly consumeMessageDirectly = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { config, topics, groups, store } = this.#options;
    const header = ConsumeMessageDirectlyResultRequestHeader.decode(request.extFields);
    const { consumerGroup, topic, msgId, clientId = '' } = header;
    const place = msgId === undefined ? null : parseOffsetMessageId(msgId);
    const record = place === null ? null : store.lookup(place.commitLogOffset);
    if (record === null)
      return errorResponse(request, ResponseCode.SYSTEM_ERROR, `can not find message by the id ${msgId}`);
    request.extFields['brokerName'] = config.brokerName;
    const topicConfig = topic === undefined ? undefined : topics.find(topic);
    if (topicConfig !== undefined) request.extFields['topicSysFlag'] = String(topicConfig.topicSysFlag);
    const group = groups.find(consumerGroup);
    if (group !== undefined) request.extFields['groupSysFlag'] = String(group.groupSysFlag);
    return this.#relay(request, { consumerGroup, clientId, body: record });
  };

  /** 223: asks one client (`clientAddr` is its id, sic) or all of the group for their offsets. */
  readonly getConsumerStatus = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { consumers, call } = this.#options;
    const { topic, group, clientAddr } = GetConsumerStatusRequestHeader.decode(request.extFields);
    const all = [...(consumers.getConsumerGroupInfo(group)?.channels.values() ?? [])];
    const channels = all.filter(
      ({ clientId }) => clientAddr === undefined || clientAddr === '' || clientId === clientAddr,
    );
    if (channels.length === 0)
      return errorResponse(
        request,
        ResponseCode.SYSTEM_ERROR,
        `No Any Consumer online in the consumer group: [${group}]`,
      );
    const asked = channels.map(async ({ connection, clientId }) => {
      const question = requestCommand(RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, {
        extFields: { topic, group },
      });
      const answer = await call(connection, question, STATUS_TIMEOUT_MILLIS);
      return [clientId, messageQueueTable(answer)] as const;
    });
    const answered = await Promise.allSettled(asked);
    const consumerTable = new Map(
      answered.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])),
    );
    return bodyResponse(request, GetConsumerStatusBody, { messageQueueTable: new Map(), consumerTable });
  };

  async #relay(
    request: RemotingCommand,
    to: { readonly consumerGroup: string; readonly clientId: string; readonly body: Uint8Array },
  ): Promise<RemotingCommand> {
    const { consumerGroup, clientId, body } = to;
    const channel = this.#options.consumers.findChannel(consumerGroup, clientId);
    const refusal = decideRelayRefusal(channel, to);
    if (channel === undefined || refusal !== null)
      return errorResponse(request, ResponseCode.SYSTEM_ERROR, refusal ?? '');
    const question = requestCommand(request.code, { extFields: request.extFields, body });
    try {
      return await this.#options.call(channel.connection, question, CALL_TIMEOUT_MILLIS);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return error instanceof RemotingTimeoutError
        ? errorResponse(
            request,
            ResponseCode.CONSUME_MSG_TIMEOUT,
            `consumer <${consumerGroup}> <${clientId}> Timeout: ${reason}`,
          )
        : errorResponse(
            request,
            ResponseCode.SYSTEM_ERROR,
            `invoke consumer <${consumerGroup}> <${clientId}> Exception: ${reason}`,
          );
    }
  }
}

function decideRelayRefusal(
  channel: RegisteredChannel | undefined,
  to: { readonly consumerGroup: string; readonly clientId: string },
): string | null {
  if (channel === undefined) return `The Consumer <${to.consumerGroup}> <${to.clientId}> not online`;
  if (channel.version >= VERSION_MIN) return null;
  const version = mqVersionName(channel.version);
  return `The Consumer <${to.clientId}> Version <${version}> too low to finish, please upgrade it to V3_1_8_SNAPSHOT`;
}

function messageQueueTable(answer: RemotingCommand): GetConsumerStatusBody['messageQueueTable'] {
  if (answer.code !== ResponseCode.SUCCESS || answer.body.length === 0) return new Map();
  return GetConsumerStatusBody.decode(answer.body).messageQueueTable;
}
