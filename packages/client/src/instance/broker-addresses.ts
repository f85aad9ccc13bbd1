import { MqError, MqErrorCode } from '../errors.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { TopicRouteTable } from './topic-route-table.ts';

export interface FoundBroker {
  readonly address: string;
  readonly isSlave: boolean;
}

const MASTER_ID = 0;

/** Finds the broker to ask for a queue; asks the name server once when it is not known. */
export class BrokerAddresses {
  readonly #routes: TopicRouteTable;

  constructor(routes: TopicRouteTable) {
    this.#routes = routes;
  }

  /** The master, when no name server has to be asked for it. */
  knownMaster(queue: MessageQueue): string | undefined {
    return this.#routes.brokerAddress(queue.brokerName, MASTER_ID);
  }

  /**
   * The master, which takes messages and keeps the offsets.
   * @throws MqError BROKER_NOT_FOUND
   */
  async findMaster(queue: MessageQueue): Promise<string> {
    const known = this.knownMaster(queue);
    if (known !== undefined) return known;
    await this.#routes.refresh(queue.topic);
    const address = this.knownMaster(queue);
    if (address !== undefined) return address;
    throw notFound(queue, 'has no master');
  }

  /**
   * The wanted broker, else the next slave, else any of that name. Apache RocketMQ: MQClientInstance.findBrokerAddressInSubscribe.
   * @throws MqError BROKER_NOT_FOUND
   */
  async findInSubscribe(queue: MessageQueue, brokerId: number): Promise<FoundBroker> {
    const known = this.#find(queue.brokerName, brokerId);
    if (known !== null) return known;
    await this.#routes.refresh(queue.topic);
    const found = this.#find(queue.brokerName, brokerId);
    if (found !== null) return found;
    throw notFound(queue, 'is not in the route');
  }

  #find(brokerName: string, brokerId: number): FoundBroker | null {
    const wanted = this.#routes.brokerAddress(brokerName, brokerId);
    if (wanted !== undefined) return { address: wanted, isSlave: brokerId !== MASTER_ID };
    const nextSlave =
      brokerId === MASTER_ID ? undefined : this.#routes.brokerAddress(brokerName, brokerId + 1);
    if (nextSlave !== undefined) return { address: nextSlave, isSlave: true };
    const [any] = this.#routes.brokersNamed(brokerName);
    return any === undefined ? null : { address: any.address, isSlave: any.brokerId !== MASTER_ID };
  }
}

function notFound({ topic, brokerName }: MessageQueue, what: string): MqError {
  return new MqError(MqErrorCode.BROKER_NOT_FOUND, `broker ${brokerName} of topic ${topic} ${what}`, {
    advice:
      'Check that the broker runs and that it is registered with the name servers (centaurmq-admin clusterList)',
  });
}
