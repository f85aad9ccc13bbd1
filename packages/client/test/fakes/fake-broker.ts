import {
  ConsumerSendMsgBackRequestHeader,
  GetConsumerListByGroupResponseBody,
  HeartbeatData,
  PullMessageRequestHeader,
  QueryConsumerOffsetRequestHeader,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  SendMessageRequestHeaderV2,
  UnregisterClientRequestHeader,
  UpdateConsumerOffsetRequestHeader,
  decodeBatch,
  decodeProperties,
  encodeRecord,
  isOneway,
  offsetMessageId,
  requestCommand,
  responseTo,
} from '@centaurmq/protocol';
import {
  type Clock,
  type Connection,
  RemotingServer,
  type Transport,
  silentLogger,
} from '@centaurmq/remoting';

export interface FakeMessage {
  readonly body: Uint8Array | string;
  readonly properties?: Record<string, string>;
  readonly sysFlag?: number;
  readonly reconsumeTimes?: number;
}

/** Undefined: the broker answers as usual. A promise that never resolves: it does not answer. */
export type Interceptor = (
  request: RemotingCommand,
) => Promise<RemotingCommand | null> | RemotingCommand | null | undefined;

interface HeldPull {
  readonly queue: string;
  answer(): void;
}

/** A broker that does what a test tells it to: queues in memory, groups as heartbeats say, every request written down. */
export class FakeBroker {
  readonly name: string;
  readonly address: string;
  readonly requests: RemotingCommand[] = [];
  readonly offsets = new Map<string, number>();
  readonly minOffsets = new Map<string, number>();
  readonly groups = new Map<string, Map<string, Connection>>();
  intercept: Interceptor = () => undefined;
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #port: number;
  readonly #queues = new Map<string, Buffer[]>();
  readonly #held = new Set<HeldPull>();
  #server: RemotingServer;
  #commitLogOffset = 0;

  constructor(name: string, port: number, clock: Clock, transport: Transport) {
    this.name = name;
    this.address = `127.0.0.1:${port}`;
    this.#port = port;
    this.#clock = clock;
    this.#transport = transport;
    this.#server = this.#newServer();
  }

  async start(): Promise<void> {
    await this.#server.start();
  }

  /** Connections break; what is stored stays. */
  async stop(): Promise<void> {
    this.groups.clear();
    await this.#server.stop({ drainMillis: 0 });
    this.#server = this.#newServer();
  }

  /** Requests of this code, in the order they came. */
  received(code: number): RemotingCommand[] {
    return this.requests.filter((request) => request.code === code);
  }

  /** @returns the queue offset */
  store(topic: string, queueId: number, message: FakeMessage): number {
    const records = this.#records(topic, queueId);
    const record = encodeRecord({
      topic,
      queueId,
      flag: 0,
      sysFlag: message.sysFlag ?? 0,
      queueOffset: records.length,
      commitLogOffset: this.#commitLogOffset,
      bornTimestamp: this.#clock.now(),
      bornHost: { host: '127.0.0.1', port: 1 },
      storeTimestamp: this.#clock.now(),
      storeHost: { host: '127.0.0.1', port: this.#port },
      reconsumeTimes: message.reconsumeTimes ?? 0,
      preparedTransactionOffset: 0,
      body: Buffer.from(message.body),
      properties: new Map(Object.entries(message.properties ?? {})),
    });
    this.#commitLogOffset += record.length;
    records.push(record);
    for (const held of this.#held) if (held.queue === `${topic}:${queueId}`) held.answer();
    return records.length - 1;
  }

  /** A record as it would be after damage on the disk. */
  damage(topic: string, queueId: number, queueOffset: number): void {
    const record = this.#records(topic, queueId)[queueOffset]!;
    record.writeUInt8(record.readUInt8(record.length - 1) ^ 0xff, 84 + 4);
  }

  /** Asks a client of the group something on its own connection. */
  ask(group: string, clientId: string, request: RemotingCommand): Promise<RemotingCommand> {
    return this.#server.call(this.#connectionOf(group, clientId), request, 5_000);
  }

  notify(group: string, clientId: string, request: RemotingCommand): void {
    this.#server.notify(this.#connectionOf(group, clientId), request);
  }

  notifyConsumerIdsChanged(group: string): void {
    for (const connection of this.groups.get(group)?.values() ?? []) {
      const extFields = { consumerGroup: group };
      this.#server.notify(
        connection,
        requestCommand(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, { extFields, oneway: true }),
      );
    }
  }

  #newServer(): RemotingServer {
    const server = new RemotingServer({
      name: this.name,
      transport: this.#transport,
      clock: this.#clock,
      logger: silentLogger,
      listen: { host: '127.0.0.1', port: this.#port, tlsMode: 'disabled' },
    });
    server.registerDefault(async (request, { connection }) => {
      this.requests.push(request);
      const intercepted = this.intercept(request);
      const answer = intercepted === undefined ? await this.#answer(request, connection) : await intercepted;
      return isOneway(request) ? null : answer;
    });
    return server;
  }

  async #answer(request: RemotingCommand, connection: Connection): Promise<RemotingCommand | null> {
    switch (request.code) {
      case RequestCode.HEART_BEAT:
        return this.#heartbeat(request, connection);
      case RequestCode.UNREGISTER_CLIENT: {
        const { clientID, consumerGroup } = UnregisterClientRequestHeader.decode(request.extFields);
        this.groups.get(consumerGroup ?? '')?.delete(clientID);
        return responseTo(request, ResponseCode.SUCCESS);
      }
      case RequestCode.SEND_MESSAGE_V2:
      case RequestCode.SEND_BATCH_MESSAGE:
        return this.#send(request);
      case RequestCode.GET_CONSUMER_LIST_BY_GROUP: {
        const consumerIdList = [...(this.groups.get(request.extFields['consumerGroup'] ?? '')?.keys() ?? [])];
        const body = GetConsumerListByGroupResponseBody.encode({ consumerIdList });
        return responseTo(request, ResponseCode.SUCCESS, { body });
      }
      case RequestCode.QUERY_CONSUMER_OFFSET: {
        const { consumerGroup, topic, queueId } = QueryConsumerOffsetRequestHeader.decode(request.extFields);
        const offset = this.offsets.get(`${consumerGroup}:${topic}:${queueId}`);
        if (offset === undefined) return responseTo(request, ResponseCode.QUERY_NOT_FOUND);
        return responseTo(request, ResponseCode.SUCCESS, { extFields: { offset: String(offset) } });
      }
      case RequestCode.UPDATE_CONSUMER_OFFSET: {
        const header = UpdateConsumerOffsetRequestHeader.decode(request.extFields);
        this.offsets.set(`${header.consumerGroup}:${header.topic}:${header.queueId}`, header.commitOffset);
        return responseTo(request, ResponseCode.SUCCESS);
      }
      case RequestCode.GET_MAX_OFFSET: {
        const { topic = '', queueId } = request.extFields;
        const offset = String(this.#records(topic, Number(queueId)).length);
        return responseTo(request, ResponseCode.SUCCESS, { extFields: { offset } });
      }
      case RequestCode.GET_MIN_OFFSET: {
        const { topic = '', queueId } = request.extFields;
        const offset = String(this.minOffsets.get(`${topic}:${queueId}`) ?? 0);
        return responseTo(request, ResponseCode.SUCCESS, { extFields: { offset } });
      }
      case RequestCode.CONSUMER_SEND_MSG_BACK:
        ConsumerSendMsgBackRequestHeader.decode(request.extFields);
        return responseTo(request, ResponseCode.SUCCESS);
      case RequestCode.PULL_MESSAGE:
      case RequestCode.LITE_PULL_MESSAGE:
        return this.#pull(request);
      default:
        return responseTo(request, ResponseCode.REQUEST_CODE_NOT_SUPPORTED, {
          remark: `no ${request.code} here`,
        });
    }
  }

  #heartbeat(request: RemotingCommand, connection: Connection): RemotingCommand {
    const { clientID, consumerDataSet } = HeartbeatData.decode(request.body);
    for (const { groupName } of consumerDataSet) {
      const clients = this.groups.get(groupName) ?? new Map<string, Connection>();
      this.groups.set(groupName, clients.set(clientID, connection));
    }
    return responseTo(request, ResponseCode.SUCCESS);
  }

  #send(request: RemotingCommand): RemotingCommand {
    const { topic, queueId, properties, batch, sysFlag } = SendMessageRequestHeaderV2.decode(
      request.extFields,
    );
    const elements =
      batch === true
        ? decodeBatch(request.body)
        : [{ body: request.body, properties: decodeProperties(properties ?? '') }];
    const ids: string[] = [];
    let first: number | null = null;
    for (const element of elements) {
      ids.push(offsetMessageId({ host: '127.0.0.1', port: this.#port }, this.#commitLogOffset));
      const stored = { body: element.body, properties: Object.fromEntries(element.properties), sysFlag };
      first ??= this.store(topic, queueId, stored);
      if (ids.length > 1) this.store(topic, queueId, stored);
    }
    const extFields = { msgId: ids.join(','), queueId: String(queueId), queueOffset: String(first ?? 0) };
    return responseTo(request, ResponseCode.SUCCESS, { extFields });
  }

  async #pull(request: RemotingCommand): Promise<RemotingCommand> {
    const header = PullMessageRequestHeader.decode(request.extFields);
    const { topic, queueId, queueOffset, maxMsgNums } = header;
    const queue = `${topic}:${queueId}`;
    if (queueOffset === this.#records(topic, queueId).length)
      await this.#hold(queue, header.suspendTimeoutMillis);
    const records = this.#records(topic, queueId);
    const minOffset = this.minOffsets.get(queue) ?? 0;
    const found = records.slice(queueOffset, queueOffset + maxMsgNums);
    const fields = (nextBeginOffset: number): Record<string, string> => ({
      suggestWhichBrokerId: '0',
      nextBeginOffset: String(nextBeginOffset),
      minOffset: String(minOffset),
      maxOffset: String(records.length),
    });
    if (queueOffset < minOffset)
      return responseTo(request, ResponseCode.PULL_OFFSET_MOVED, { extFields: fields(minOffset) });
    if (queueOffset > records.length) {
      return responseTo(request, ResponseCode.PULL_OFFSET_MOVED, { extFields: fields(records.length) });
    }
    if (found.length === 0)
      return responseTo(request, ResponseCode.PULL_NOT_FOUND, { extFields: fields(queueOffset) });
    const body = Buffer.concat(found);
    return responseTo(request, ResponseCode.SUCCESS, { extFields: fields(queueOffset + found.length), body });
  }

  #hold(queue: string, millis: number): Promise<void> {
    return new Promise((resolve) => {
      const held: HeldPull = {
        queue,
        answer: () => {
          this.#held.delete(held);
          timer.cancel();
          resolve();
        },
      };
      const timer = this.#clock.setTimer(millis, () => held.answer());
      this.#held.add(held);
    });
  }

  #records(topic: string, queueId: number): Buffer[] {
    const key = `${topic}:${queueId}`;
    const records = this.#queues.get(key) ?? [];
    this.#queues.set(key, records);
    return records;
  }

  #connectionOf(group: string, clientId: string): Connection {
    const connection = this.groups.get(group)?.get(clientId);
    if (connection === undefined) throw new Error(`${clientId} of ${group} is not connected to ${this.name}`);
    return connection;
  }
}
