/** How much of one queue may be cached before pulling pauses. */
export interface PullThresholds {
  readonly messageCountMax: number;
  readonly bodyBytesMax: number;
  /** Between the first and the last cached message, in queue offsets. */
  readonly spanMax: number;
}

export const pullThresholds: PullThresholds = {
  messageCountMax: 1000,
  bodyBytesMax: 100 * 1024 * 1024,
  spanMax: 2000,
};

export interface CachedState {
  readonly messageCount: number;
  readonly bodyBytes: number;
  readonly maxSpan: number;
}

export type FlowControlReason = 'message count' | 'body bytes' | 'span';

/**
 * @returns which threshold forbids the next pull, or null when none does. A batch that crosses a threshold is still taken whole.
 */
export function decideFlowControl(cached: CachedState, thresholds: PullThresholds): FlowControlReason | null {
  if (cached.messageCount > thresholds.messageCountMax) return 'message count';
  if (cached.bodyBytes > thresholds.bodyBytesMax) return 'body bytes';
  if (cached.maxSpan > thresholds.spanMax) return 'span';
  return null;
}
