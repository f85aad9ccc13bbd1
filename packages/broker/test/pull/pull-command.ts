import {
  PullMessageRequestHeader,
  PullSysFlag,
  type RemotingCommand,
  RequestCode,
  requestCommand,
} from '@centaurmq/protocol';

/** A pull of the group G that brings its subscription along, `*` unless told. */
export function pullCommand(
  given: Partial<PullMessageRequestHeader> & { code?: number } = {},
): RemotingCommand {
  const { code = RequestCode.PULL_MESSAGE, ...header } = given;
  return requestCommand(code, {
    extFields: PullMessageRequestHeader.encode({
      consumerGroup: 'G',
      topic: 'T',
      queueId: 0,
      queueOffset: 0,
      maxMsgNums: 32,
      sysFlag: PullSysFlag.SUBSCRIPTION,
      commitOffset: 0,
      suspendTimeoutMillis: 15_000,
      subscription: '*',
      subVersion: 0,
      ...header,
    }),
  });
}

/** A pull that waits. */
export function longPullCommand(given: Partial<PullMessageRequestHeader> = {}): RemotingCommand {
  return pullCommand({ sysFlag: PullSysFlag.SUBSCRIPTION | PullSysFlag.SUSPEND, ...given });
}
