import { PullMessageRequestHeader, type RemotingCommand } from '@centaurmq/protocol';

export type PullRequest = PullMessageRequestHeader;

/** @throws HeaderError when a field is missing or is not what it should be */
export function decodePullRequest(request: RemotingCommand): PullRequest {
  return PullMessageRequestHeader.decode(request.extFields);
}
