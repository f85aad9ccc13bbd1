import { expect, test } from 'vitest';
import { decideFlowControl, pullThresholds } from '../../../src/consumer/pull/decide-flow-control.ts';

test('each threshold may be reached and not crossed', () => {
  const full = { messageCount: 1000, bodyBytes: 100 * 1024 * 1024, maxSpan: 2000 };
  expect(decideFlowControl(full, pullThresholds)).toBeNull();
  expect(decideFlowControl({ ...full, messageCount: 1001 }, pullThresholds)).toBe('message count');
  expect(decideFlowControl({ ...full, bodyBytes: full.bodyBytes + 1 }, pullThresholds)).toBe('body bytes');
  expect(decideFlowControl({ ...full, maxSpan: 2001 }, pullThresholds)).toBe('span');
});
