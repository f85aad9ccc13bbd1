import { MqError, MqErrorCode } from '../errors.ts';
import type { ClientConfig } from './mq-client-instance.ts';
import { MqClientInstance } from './mq-client-instance.ts';

/** How a producer or consumer comes to its instance: one that is shared, or one of its own. */
export interface InstanceChoice extends Partial<ClientConfig> {
  readonly client?: MqClientInstance;
}

export interface InstanceUse {
  readonly instance: MqClientInstance;
  /** Closed together with its only user. */
  readonly isOwned: boolean;
}

/** @throws MqError INVALID_ARGUMENT when neither or both are given */
export function chooseInstance(choice: InstanceChoice): InstanceUse {
  const { client, nameServers } = choice;
  if (client !== undefined && nameServers === undefined) return { instance: client, isOwned: false };
  if (client === undefined && nameServers !== undefined) {
    return { instance: new MqClientInstance({ ...choice, nameServers }), isOwned: true };
  }
  const found = client === undefined ? 'neither is' : 'both are';
  throw new MqError(MqErrorCode.INVALID_ARGUMENT, `${found} given of client and nameServers`, {
    advice: 'Give nameServers for an instance of its own, or client to share one',
  });
}
