export type { SubscriptionData } from '@centaurmq/protocol';
