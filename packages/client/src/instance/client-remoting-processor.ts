import type { RemotingCommand } from '@centaurmq/protocol';
import {
  ConsumeMessageDirectlyResult,
  ConsumeMessageDirectlyResultRequestHeader,
  ConsumerRunningInfo,
  GetConsumerRunningInfoRequestHeader,
  GetConsumerStatusBody,
  GetConsumerStatusRequestHeader,
  NotifyConsumerIdsChangedRequestHeader,
  RequestCode,
  ResetOffsetBody,
  ResetOffsetRequestHeader,
  ResponseCode,
  decodeRecord,
  responseTo,
} from '@centaurmq/protocol';
import type { Logger, RemotingClient, RequestHandler } from '@centaurmq/remoting';
import { addressToString } from '@centaurmq/remoting';
import type { RegisteredConsumer } from './registered-group.ts';

export interface ClientRemotingProcessorOptions {
  readonly clientId: string;
  readonly logger: Logger;
  readonly consumer: (group: string) => RegisteredConsumer | undefined;
}

/** Answers what brokers ask of a client, on the connection that the client made. Apache RocketMQ: ClientRemotingProcessor. */
export class ClientRemotingProcessor {
  readonly #options: ClientRemotingProcessorOptions;

  constructor(options: ClientRemotingProcessorOptions) {
    this.#options = options;
  }

  registerWith(client: RemotingClient): void {
    const handlers: [number, RequestHandler][] = [
      [RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, (request) => this.#consumerIdsChanged(request)],
      [RequestCode.RESET_CONSUMER_CLIENT_OFFSET, (request) => this.#resetOffset(request)],
      [RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, (request) => this.#consumerStatus(request)],
      [RequestCode.GET_CONSUMER_RUNNING_INFO, (request) => this.#runningInfo(request)],
      [RequestCode.CONSUME_MESSAGE_DIRECTLY, (request) => this.#consumeDirectly(request)],
    ];
    for (const [code, handler] of handlers) {
      client.register(code, async (request, context) => {
        try {
          return await handler(request, context);
        } catch (error) {
          const address = addressToString(context.connection.remote);
          this.#options.logger.warn(
            { err: error, code, address },
            'a request of the broker could not be served',
          );
          throw error;
        }
      });
    }
  }

  #consumerIdsChanged(request: RemotingCommand): null {
    const { consumerGroup } = NotifyConsumerIdsChangedRequestHeader.decode(request.extFields);
    this.#options.consumer(consumerGroup)?.wakeRebalance();
    return null;
  }

  async #resetOffset(request: RemotingCommand): Promise<null> {
    const { topic, group } = ResetOffsetRequestHeader.decode(request.extFields);
    const { offsetTable } = ResetOffsetBody.decode(request.body);
    await this.#options.consumer(group)?.resetOffsets(topic, offsetTable);
    return null;
  }

  #consumerStatus(request: RemotingCommand): RemotingCommand {
    const { topic, group } = GetConsumerStatusRequestHeader.decode(request.extFields);
    const messageQueueTable = new Map(this.#options.consumer(group)?.consumerStatus(topic) ?? []);
    const body = GetConsumerStatusBody.encode({ messageQueueTable, consumerTable: new Map() });
    return responseTo(request, ResponseCode.SUCCESS, { body });
  }

  async #runningInfo(request: RemotingCommand): Promise<RemotingCommand> {
    const { consumerGroup } = GetConsumerRunningInfoRequestHeader.decode(request.extFields);
    const consumer = this.#options.consumer(consumerGroup);
    if (consumer === undefined) return this.#unknownGroup(request, consumerGroup);
    const body = ConsumerRunningInfo.encode(await consumer.runningInfo());
    return responseTo(request, ResponseCode.SUCCESS, { body });
  }

  async #consumeDirectly(request: RemotingCommand): Promise<RemotingCommand> {
    const { consumerGroup, brokerName } = ConsumeMessageDirectlyResultRequestHeader.decode(request.extFields);
    const consumer = this.#options.consumer(consumerGroup);
    if (consumer === undefined) return this.#unknownGroup(request, consumerGroup);
    const result = await consumer.consumeDirectly(decodeRecord(request.body), brokerName ?? '');
    const body = ConsumeMessageDirectlyResult.encode(result);
    return responseTo(request, ResponseCode.SUCCESS, { body });
  }

  #unknownGroup(request: RemotingCommand, group: string): RemotingCommand {
    const remark = `no consumer of group ${group} runs in client ${this.#options.clientId}`;
    return responseTo(request, ResponseCode.SYSTEM_ERROR, { remark });
  }
}
