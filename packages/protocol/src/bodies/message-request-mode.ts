import { type Body, defineBody } from './define-body.ts';
import { MessageQueue } from './message-queue.ts';

/** Whether a group's push consumers of a topic pull or pop. */
export interface SetMessageRequestModeRequestBody {
  readonly topic: string;
  readonly consumerGroup: string;
  /** PULL or POP. */
  readonly mode: string;
  readonly popShareQueueNum: number;
}
export const SetMessageRequestModeRequestBody: Body<SetMessageRequestModeRequestBody> = defineBody(
  'SetMessageRequestModeRequestBody',
  (json) => ({
    topic: json.textOf('topic'),
    consumerGroup: json.textOf('consumerGroup'),
    mode: json.textOf('mode', 'PULL'),
    popShareQueueNum: json.numberOf('popShareQueueNum'),
  }),
);

/** All of them, by topic and group: messageRequestMode.json, and the answer to GET_ALL_MESSAGE_REQUEST_MODE. */
export interface MessageRequestModeSerializeWrapper {
  readonly messageRequestModeMap: ReadonlyMap<string, ReadonlyMap<string, SetMessageRequestModeRequestBody>>;
}
export const MessageRequestModeSerializeWrapper: Body<MessageRequestModeSerializeWrapper> = defineBody(
  'MessageRequestModeSerializeWrapper',
  (json) => ({
    messageRequestModeMap: json.tableOf('messageRequestModeMap', (groups) =>
      groups.table(SetMessageRequestModeRequestBody.read),
    ),
  }),
);

/** Body of QUERY_ASSIGNMENT. */
export interface QueryAssignmentRequestBody {
  readonly topic: string;
  readonly consumerGroup: string;
  readonly clientId: string;
  readonly strategyName: string;
  readonly messageModel: string;
}
export const QueryAssignmentRequestBody: Body<QueryAssignmentRequestBody> = defineBody(
  'QueryAssignmentRequestBody',
  (json) => ({
    topic: json.textOf('topic'),
    consumerGroup: json.textOf('consumerGroup'),
    clientId: json.textOf('clientId'),
    strategyName: json.textOf('strategyName'),
    messageModel: json.textOf('messageModel'),
  }),
);

export interface MessageQueueAssignment {
  readonly messageQueue: MessageQueue;
  readonly mode: string;
}
export interface QueryAssignmentResponseBody {
  readonly messageQueueAssignments: readonly MessageQueueAssignment[];
}
export const QueryAssignmentResponseBody: Body<QueryAssignmentResponseBody> = defineBody(
  'QueryAssignmentResponseBody',
  (json) => ({
    messageQueueAssignments: json.listOf('messageQueueAssignments', (assignment) => ({
      messageQueue: MessageQueue.read(assignment.member('messageQueue')),
      mode: assignment.textOf('mode', 'PULL'),
    })),
  }),
);
