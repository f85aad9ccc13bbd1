import type { TopicRouteData } from '@centaurmq/protocol';
import {
  GetRouteInfoRequestHeader,
  RequestCode,
  ResponseCode,
  TopicRouteData as Route,
  requestCommand,
} from '@centaurmq/protocol';
import type { Logger } from '@centaurmq/remoting';
import { MqError, MqErrorCode } from '../errors.ts';
import type { NameServers } from './name-servers.ts';

export interface NamedBroker {
  readonly brokerName: string;
  readonly brokerId: number;
  readonly address: string;
}

export interface TopicRouteTableOptions {
  readonly nameServers: NameServers;
  readonly logger: Logger;
  /** A route that is new, or not what it was. */
  readonly changed: (topic: string) => void;
}

/** Routes as the name servers told them last, and the addresses of all brokers in them. Apache RocketMQ: MQClientInstance.topicRouteTable. */
export class TopicRouteTable {
  readonly #options: TopicRouteTableOptions;
  readonly #routes = new Map<string, { readonly route: TopicRouteData; readonly text: string }>();
  readonly #refreshing = new Map<string, Promise<TopicRouteData | null>>();
  #brokers = new Map<string, ReadonlyMap<number, string>>();

  constructor(options: TopicRouteTableOptions) {
    this.#options = options;
  }

  get(topic: string): TopicRouteData | undefined {
    return this.#routes.get(topic)?.route;
  }

  topics(): string[] {
    return [...this.#routes.keys()];
  }

  brokers(): NamedBroker[] {
    return [...this.#brokers.keys()].flatMap((brokerName) => this.brokersNamed(brokerName));
  }

  /** Lowest id first. */
  brokersNamed(brokerName: string): NamedBroker[] {
    return [...(this.#brokers.get(brokerName) ?? [])]
      .map(([brokerId, address]) => ({ brokerName, brokerId, address }))
      .toSorted((one, other) => one.brokerId - other.brokerId);
  }

  brokerAddress(brokerName: string, brokerId: number): string | undefined {
    return this.#brokers.get(brokerName)?.get(brokerId);
  }

  /**
   * Asks a name server; calls for the same topic share one question.
   * @returns null when the topic is not known; a route that was known stays
   * @throws MqError when no name server answers
   */
  refresh(topic: string): Promise<TopicRouteData | null> {
    const asked = this.#refreshing.get(topic);
    if (asked !== undefined) return asked;
    const asking = this.#fetch(topic)
      .then((route) => {
        if (route !== null) this.#put(topic, route);
        return route;
      })
      .finally(() => this.#refreshing.delete(topic));
    this.#refreshing.set(topic, asking);
    return asking;
  }

  /** The route of another topic, without taking it for anything. */
  async fetch(topic: string): Promise<TopicRouteData | null> {
    return this.#fetch(topic);
  }

  /** A topic that does not exist yet will be made where this route leads. */
  put(topic: string, route: TopicRouteData): void {
    this.#put(topic, route);
  }

  async #fetch(topic: string): Promise<TopicRouteData | null> {
    const extFields = GetRouteInfoRequestHeader.encode({ topic, acceptStandardJsonOnly: true });
    const request = requestCommand(RequestCode.GET_ROUTEINFO_BY_TOPIC, { extFields });
    const response = await this.#options.nameServers.call(request, [
      ResponseCode.SUCCESS,
      ResponseCode.TOPIC_NOT_EXIST,
    ]);
    if (response.code === ResponseCode.TOPIC_NOT_EXIST) return null;
    try {
      return Route.decode(response.body);
    } catch (cause) {
      const message = `the route of topic ${topic} cannot be read: ${String(cause)}`;
      throw new MqError(MqErrorCode.RESPONSE_MALFORMED, message, { cause });
    }
  }

  #put(topic: string, route: TopicRouteData): void {
    const text = Buffer.from(Route.encode(route)).toString();
    if (this.#routes.get(topic)?.text === text) return;
    this.#routes.set(topic, { route, text });
    for (const { brokerName, brokerAddrs } of route.brokerDatas) this.#brokers.set(brokerName, brokerAddrs);
    this.#forgetUnroutedBrokers();
    this.#options.logger.info({ topic, route }, 'the route has changed');
    this.#options.changed(topic);
  }

  /** Apache RocketMQ: MQClientInstance.cleanOfflineBroker. */
  #forgetUnroutedBrokers(): void {
    const routed = new Set(
      [...this.#routes.values()].flatMap(({ route }) =>
        route.brokerDatas.map(({ brokerName }) => brokerName),
      ),
    );
    this.#brokers = new Map([...this.#brokers].filter(([brokerName]) => routed.has(brokerName)));
  }
}
