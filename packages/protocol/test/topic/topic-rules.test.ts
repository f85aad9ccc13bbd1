import { expect, it } from 'vitest';
import { Perm, SystemTopic, TopicRules, permText } from '../../src/index.ts';

it('names the topics of a group and knows them again', () => {
  expect(TopicRules.retryTopic('g')).toBe('%RETRY%g');
  expect(TopicRules.dlqTopic('g')).toBe('%DLQ%g');
  expect(TopicRules.isRetryTopic('%RETRY%g') && TopicRules.isDlqTopic('%DLQ%g')).toBe(true);
  expect(TopicRules.isRetryTopic('RETRY') || TopicRules.isDlqTopic('%RETRY%g')).toBe(false);
  expect(TopicRules.replyTopic('c')).toBe('c_REPLY_TOPIC');
});

it('allows group topics to be longer than others', () => {
  expect(TopicRules.validateTopic('t'.repeat(127))).toBeNull();
  expect(TopicRules.validateTopic('t'.repeat(128))).toContain('longer than topic max length: 127');
  expect(TopicRules.validateTopic(`%RETRY%${'g'.repeat(248)}`)).toBeNull();
  expect(TopicRules.validateTopic(`%DLQ%${'g'.repeat(251)}`)).toContain('max length: 255');
});

it.each([
  ['', 'blank'],
  ['  ', 'blank'],
  ['a b', 'illegal'],
  ['a/b', 'illegal'],
  ['g'.repeat(121), 'max length: 120'],
])('refuses the group %j', (group, reason) => {
  expect(TopicRules.validateGroup(group)).toContain(reason);
  expect(TopicRules.validateGroup('g'.repeat(120))).toBeNull();
});

it('knows system topics and groups', () => {
  expect(TopicRules.isSystemTopic(SystemTopic.TIMER_TOPIC)).toBe(true);
  expect(TopicRules.isSystemTopic('RMQ_SYS_x')).toBe(false);
  expect(TopicRules.isSystemGroup('CID_RMQ_SYS_TRANS')).toBe(true);
});

it("writes permissions as RocketMQ's tools do", () => {
  expect(permText(Perm.READ | Perm.WRITE)).toBe('RW-');
  expect(permText(Perm.READ | Perm.WRITE | Perm.INHERIT)).toBe('RWX');
  expect(permText(0)).toBe('---');
});
