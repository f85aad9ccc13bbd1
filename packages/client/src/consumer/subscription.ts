import type { SubscriptionData } from '@centaurmq/protocol';
import { TopicRules, buildSubscriptionData } from '@centaurmq/protocol';
import { MqError, MqErrorCode } from '../errors.ts';

const TAG_EXPRESSION_ADVICE = "Expected '*', or tags separated by ' || '";

/**
 * A subscription by tags: `*`, or `TagA || TagB`.
 * @param subVersion milliseconds since the epoch; a broker prefers the newer of two
 * @throws MqError INVALID_ARGUMENT, also for an expression that would silently match something else than it says
 */
export function subscriptionByTags(
  topic: string,
  tagExpression: string,
  subVersion: number,
): SubscriptionData {
  const fault = TopicRules.validateTopic(topic);
  if (fault !== null) throw new MqError(MqErrorCode.INVALID_ARGUMENT, `cannot subscribe: ${fault}`);
  const expression = tagExpression.trim();
  const tags = expression === '' ? [] : expression.split('||').map((tag) => tag.trim());
  if (tags.includes('') || (tags.length > 1 && tags.includes('*'))) {
    const message = `cannot subscribe ${topic}: the tag expression is '${tagExpression}'`;
    throw new MqError(MqErrorCode.INVALID_ARGUMENT, message, { advice: TAG_EXPRESSION_ADVICE });
  }
  return buildSubscriptionData(topic, expression, subVersion);
}
