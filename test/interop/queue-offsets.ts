// Offsets of a topic's queues, asked of the broker directly.
import { rawRequest } from '@centaurmq/apache-rocketmq';

const queryConsumerOffset = 14;
const getMaxOffset = 30;

/** The sum of the queues' max offsets: how many messages the topic was given (nothing having expired). */
export function storedMessages(brokerAddress: string, topic: string, queueCount: number): Promise<number> {
  return sumOverQueues(queueCount, (queueId) =>
    offset(brokerAddress, getMaxOffset, { topic, queueId: String(queueId) }),
  );
}

/** The sum of the offsets that the group has committed: how many messages it has consumed. */
export function consumedMessages(
  brokerAddress: string,
  topic: string,
  consumerGroup: string,
  queueCount: number,
): Promise<number> {
  return sumOverQueues(queueCount, (queueId) =>
    offset(brokerAddress, queryConsumerOffset, { topic, consumerGroup, queueId: String(queueId) }),
  );
}

async function sumOverQueues(queueCount: number, ask: (queueId: number) => Promise<number>): Promise<number> {
  const offsets = await Promise.all(Array.from({ length: queueCount }, (_, queueId) => ask(queueId)));
  return offsets.reduce((sum, offset) => sum + offset, 0);
}

/** No committed offset (code 22) counts as 0. */
async function offset(address: string, code: number, fields: Record<string, string>): Promise<number> {
  const answer = await rawRequest(address, code, fields);
  return answer.code === 0 ? Number(answer.extFields?.['offset']) : 0;
}
