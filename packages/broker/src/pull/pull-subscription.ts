import { tagsCode } from '@centaurmq/protocol';
import type { SubscriptionData } from '../client/subscription-data.ts';

const SUBSCRIBE_ALL = '*';
const TAG_EXPRESSION = 'TAG';

/** What a pull lets through. */
export interface PullFilter {
  readonly expressionType: string;
  /** Hashes of the tags wanted; null lets everything through. */
  readonly tagCodes: Int32Array | null;
}

export function isTagType(expressionType: string | undefined): boolean {
  return expressionType === undefined || expressionType === '' || expressionType === TAG_EXPRESSION;
}

/** The filter of a subscription that came with the pull; null when it cannot be parsed (Java: FilterAPI.build). */
export function parsePullFilter(
  subscription: string | undefined,
  expressionType: string | undefined,
): PullFilter | null {
  const text = subscription ?? '';
  if (!isTagType(expressionType)) {
    return text === '' ? null : { expressionType: expressionType ?? TAG_EXPRESSION, tagCodes: null };
  }
  if (text === '' || text === SUBSCRIBE_ALL) return { expressionType: TAG_EXPRESSION, tagCodes: null };
  // Java's split drops empty strings at the end: '||' alone is no subscription at all.
  const parts = text.split('||');
  while (parts.at(-1) === '') parts.pop();
  if (parts.length === 0) return null;
  const tags = parts.map((part) => part.trim()).filter((tag) => tag !== '');
  return { expressionType: TAG_EXPRESSION, tagCodes: Int32Array.from(tags, tagsCode) };
}

const registeredFilters = new WeakMap<SubscriptionData, PullFilter>();

/** The filter of a subscription that a heartbeat registered. */
export function registeredPullFilter(subscription: SubscriptionData): PullFilter {
  let filter = registeredFilters.get(subscription);
  if (filter === undefined) {
    const { subString, codeSet, expressionType, classFilterMode } = subscription;
    const all = classFilterMode || subString === SUBSCRIBE_ALL || !isTagType(expressionType);
    filter = { expressionType, tagCodes: all ? null : Int32Array.from(codeSet) };
    registeredFilters.set(subscription, filter);
  }
  return filter;
}
