import type { BrokerData } from '@centaurmq/protocol';
import { minBrokerId } from './route-tables.ts';

/** Tell these brokers who is the smallest of their group now. Apache RocketMQ: NOTIFY_MIN_BROKER_ID_CHANGE. */
export interface MinBrokerIdChange {
  readonly brokerName: string;
  readonly minBrokerId: number;
  readonly minBrokerAddr: string;
  readonly offlineBrokerAddr: string | null;
  readonly haBrokerAddr: string | null;
  readonly notifyAddrs: readonly string[];
}

/** A broker that left is told to all that remain; one that came, to all but the new smallest. */
export function minBrokerIdChange(
  { brokerName, brokerAddrs }: BrokerData,
  offlineBrokerAddr: string | null,
  haBrokerAddr: string | null,
): MinBrokerIdChange | null {
  const min = minBrokerId(brokerAddrs);
  if (min === null) return null;
  const toAll = offlineBrokerAddr !== null || brokerAddrs.size === 1;
  const notifyAddrs = [...brokerAddrs]
    .filter(([brokerId]) => toAll || brokerId !== min)
    .map(([, addr]) => addr);
  return {
    brokerName,
    minBrokerId: min,
    minBrokerAddr: brokerAddrs.get(min) ?? '',
    offlineBrokerAddr,
    haBrokerAddr,
    notifyAddrs,
  };
}
