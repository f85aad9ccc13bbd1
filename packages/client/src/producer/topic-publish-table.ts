import type { TopicRouteData } from '@centaurmq/protocol';
import type { Random } from '@centaurmq/remoting';
import { MqError, MqErrorCode } from '../errors.ts';
import { publishQueues } from '../instance/route-queues.ts';
import type { TopicRouteTable } from '../instance/topic-route-table.ts';
import { TopicPublishInfo } from './topic-publish-info.ts';

export interface TopicPublishTableOptions {
  readonly routes: TopicRouteTable;
  readonly random: Random;
  /** New topics are made after this one. Apache RocketMQ: createTopicKey. */
  readonly createTopicKey: string;
  /** At most so many queues for a new topic on each broker. */
  readonly defaultTopicQueueNums: number;
}

interface Published {
  readonly route: TopicRouteData;
  readonly info: TopicPublishInfo;
}

/** Where each topic that was sent to can be sent. Apache RocketMQ: DefaultMQProducerImpl.topicPublishInfoTable. */
export class TopicPublishTable {
  readonly #options: TopicPublishTableOptions;
  readonly #published = new Map<string, Published>();

  constructor(options: TopicPublishTableOptions) {
    this.#options = options;
  }

  topics(): string[] {
    return [...this.#published.keys()];
  }

  /** @returns undefined when a name server has to be asked */
  known(topic: string): TopicPublishInfo | undefined {
    const route = this.#options.routes.get(topic);
    return route === undefined ? undefined : this.#infoOf(topic, route);
  }

  /** @throws MqError TOPIC_NOT_FOUND, NAME_SERVER_UNAVAILABLE */
  async get(topic: string): Promise<TopicPublishInfo> {
    const { routes } = this.#options;
    const route = routes.get(topic) ?? (await routes.refresh(topic)) ?? (await this.#routeOfNewTopic(topic));
    return this.#infoOf(topic, route);
  }

  #infoOf(topic: string, route: TopicRouteData): TopicPublishInfo {
    const known = this.#published.get(topic);
    if (known?.route === route) return known.info;
    const queues = publishQueues(topic, route);
    const info = new TopicPublishInfo(queues, this.#options.random.below(Math.max(1, queues.length)));
    this.#published.set(topic, { route, info });
    return info;
  }

  /** The first send creates the topic on a broker that offers its template; the next poll brings the real route. */
  async #routeOfNewTopic(topic: string): Promise<TopicRouteData> {
    const { routes, createTopicKey, defaultTopicQueueNums } = this.#options;
    const template = await routes.fetch(createTopicKey);
    if (template === null) {
      throw new MqError(
        MqErrorCode.TOPIC_NOT_FOUND,
        `no name server has a route of topic ${topic}, nor of ${createTopicKey}`,
        {
          advice:
            'Create the topic (centaurmq-admin updateTopic), or check that a broker is registered (centaurmq-admin clusterList)',
        },
      );
    }
    const queueDatas = template.queueDatas.map((queueData) => {
      const queueNums = Math.min(defaultTopicQueueNums, queueData.readQueueNums);
      return { ...queueData, readQueueNums: queueNums, writeQueueNums: queueNums };
    });
    const route = { ...template, queueDatas };
    routes.put(topic, route);
    return route;
  }
}
