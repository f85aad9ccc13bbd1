import { type SubscriptionGroupConfig, defaultSubscriptionGroupConfig } from '@centaurmq/protocol';

export type { SubscriptionGroupConfig } from '@centaurmq/protocol';

/** A group with Java's defaults where nothing is given. */
export function subscriptionGroupConfig(
  groupName: string,
  given: Partial<Omit<SubscriptionGroupConfig, 'groupName'>> = {},
): SubscriptionGroupConfig {
  return { ...defaultSubscriptionGroupConfig(groupName), ...given };
}
