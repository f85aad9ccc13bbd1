export { MqError, MqErrorCode } from './errors.ts';
export type { ErrorResponse, MqErrorDetails } from './errors.ts';

export { MqClientInstance } from './instance/mq-client-instance.ts';
export type { ClientConfig } from './instance/mq-client-instance.ts';
export type { ClientEnvironment } from './instance/client-environment.ts';
export type { OffsetFile } from './consumer/offset/offset-file.ts';
export type { InstanceChoice } from './instance/instance-use.ts';

export type { Message } from './message/message.ts';
export type { MessageExt } from './message/message-ext.ts';
export type { MessageQueue } from './message/message-queue.ts';

export { BatchSendError, Producer } from './producer/producer.ts';
export type { ProducerOptions, ProducerSettings, SendOptions } from './producer/producer-options.ts';
export type { Compression } from './producer/compression.ts';
export type { InFlightLimits } from './producer/in-flight-limit.ts';
export { selectQueueByHash } from './producer/select-queue.ts';
export type { SelectQueue } from './producer/select-queue.ts';
export { SendStatus } from './producer/send-result.ts';
export type { SendResult } from './producer/send-result.ts';

export { PushConsumer } from './consumer/push-consumer.ts';
export type {
  ConsumerSettings,
  MessageModel,
  PushConsumerOptions,
} from './consumer/push-consumer-options.ts';
export type { ConsumeFromWhere } from './consumer/compute-pull-from-where.ts';
export type {
  ConsumeConcurrentlyContext,
  ConsumeConcurrentlyStatus,
  MessageListenerConcurrently,
} from './consumer/consume/message-listener.ts';
export type { PullThresholds } from './consumer/pull/decide-flow-control.ts';
export type {
  AllocateMessageQueueStrategy,
  AllocationInput,
} from './consumer/rebalance/allocate-message-queue-strategy.ts';
export {
  allocateMessageQueueAveragely,
  allocateMessageQueueAveragelyByCircle,
} from './consumer/rebalance/allocate-message-queue-averagely.ts';
export { allocateMessageQueueByConfig } from './consumer/rebalance/allocate-message-queue-by-config.ts';
export {
  allocateMachineRoomNearby,
  allocateMessageQueueByMachineRoom,
} from './consumer/rebalance/allocate-message-queue-by-machine-room.ts';
export type { MachineRoomResolver } from './consumer/rebalance/allocate-message-queue-by-machine-room.ts';
export { allocateMessageQueueByConsistentHash } from './consumer/rebalance/allocate-message-queue-consistent-hash.ts';

export { MqAdmin } from './admin/mq-admin.ts';
export type { TopicSpec } from './admin/mq-admin.ts';
export type { BrokerAdminCalls } from './calls/admin-calls.ts';

export { LitePullConsumer } from './consumer/lite-pull-consumer.ts';
export type { LitePullConsumerOptions, PollOptions } from './consumer/lite-pull-consumer.ts';
