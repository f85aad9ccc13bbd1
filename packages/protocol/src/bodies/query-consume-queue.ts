import { type Body, defineBody } from './define-body.ts';
import { SubscriptionData } from './subscription-data.ts';

/** One entry of a consume queue, as QUERY_CONSUME_QUEUE shows it. */
export interface ConsumeQueueData {
  readonly physicOffset: number;
  readonly physicSize: number;
  readonly tagsCode: number;
  readonly extendDataJson?: string | undefined;
  readonly bitMap?: string | undefined;
  /** Whether the group's filter lets the message through. */
  readonly eval: boolean;
  readonly msg?: string | undefined;
}

export interface QueryConsumeQueueResponseBody {
  readonly subscriptionData?: SubscriptionData | undefined;
  readonly filterData?: string | undefined;
  readonly queueData: readonly ConsumeQueueData[];
  readonly maxQueueIndex: number;
  readonly minQueueIndex: number;
}
export const QueryConsumeQueueResponseBody: Body<QueryConsumeQueueResponseBody> = defineBody(
  'QueryConsumeQueueResponseBody',
  (json) => ({
    subscriptionData: json.optionalOf('subscriptionData', SubscriptionData.read),
    filterData: json.optionalTextOf('filterData'),
    queueData: json.listOf('queueData', (entry) => ({
      physicOffset: entry.numberOf('physicOffset'),
      physicSize: entry.numberOf('physicSize'),
      tagsCode: entry.numberOf('tagsCode'),
      extendDataJson: entry.optionalTextOf('extendDataJson'),
      bitMap: entry.optionalTextOf('bitMap'),
      eval: entry.booleanOf('eval'),
      msg: entry.optionalTextOf('msg'),
    })),
    maxQueueIndex: json.numberOf('maxQueueIndex'),
    minQueueIndex: json.numberOf('minQueueIndex'),
  }),
);
