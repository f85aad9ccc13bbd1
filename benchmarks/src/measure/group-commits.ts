import { rawRequest } from '@centaurmq/apache-rocketmq';

const GET_BROKER_RUNTIME_INFO = 28;

/** What the broker's sends and flushes came to since it started. */
export interface CommitTotals {
  readonly messages: number;
  readonly logBytes: number;
  readonly groupCommits: number;
}

/** What a flush that acknowledgements waited for made durable, on average. */
export interface CommittedGroup {
  readonly messages: number;
  readonly bytes: number;
}

export async function commitTotals(address: string): Promise<CommitTotals> {
  const { code, remark, body } = await rawRequest(address, GET_BROKER_RUNTIME_INFO);
  if (code !== 0) throw new Error(`${address} gave no runtime info: code ${code}, ${remark ?? ''}`);
  const { table } = JSON.parse(body.toString('utf8')) as { readonly table: Record<string, string> };
  return {
    messages: Number(table['putMessageTimesTotal']),
    logBytes: Number(table['commitLogMaxOffset']),
    groupCommits: Number(table['groupCommitTimesTotal']),
  };
}

/** @throws Error when there was no group commit */
export function committedGroup(before: CommitTotals, after: CommitTotals): CommittedGroup {
  const groups = after.groupCommits - before.groupCommits;
  if (!(groups > 0))
    throw new Error(`the broker counted ${groups} group commits where each answer waits for one`);
  return {
    messages: (after.messages - before.messages) / groups,
    bytes: Math.round((after.logBytes - before.logBytes) / groups),
  };
}
