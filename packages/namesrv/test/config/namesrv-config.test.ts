import { expect, it } from 'vitest';
import {
  decideConfigChange,
  namesrvConfigDefaults,
  namesrvConfigText,
} from '../../src/config/namesrv-config.ts';

const decide = (properties: Record<string, string>): unknown =>
  decideConfigChange(namesrvConfigDefaults, new Map(Object.entries(properties)));

it('takes what it knows, of the right kind', () => {
  expect(decide({ enableTopicList: 'FALSE', scanNotActiveBrokerInterval: ' 1000 ', stranger: 'x' })).toEqual({
    kind: 'apply',
    change: { enableTopicList: false, scanNotActiveBrokerInterval: 1000 },
  });
});

it.each([
  [{ enableTopicList: 'perhaps' }, 'enableTopicList=perhaps is not a boolean'],
  [{ waitSecondsForService: '-1' }, 'waitSecondsForService=-1 is not a number'],
  [{ scanNotActiveBrokerInterval: '0' }, 'scanNotActiveBrokerInterval=0 is not a number'],
])('refuses %o', (properties, reason) => {
  expect(decide({ ...properties })).toEqual({ kind: 'invalid', reason });
});

it.each(['configBlackList', 'kvConfigPath', 'configStorePath'])(
  'forbids %s, whatever else comes with it',
  (key) => {
    expect(decide({ enableTopicList: 'false', [key]: 'x' })).toEqual({ kind: 'forbidden', key });
  },
);

it('is written as sorted properties', () => {
  const lines = namesrvConfigText(namesrvConfigDefaults, { listenPort: 9876 }).split('\n');
  expect(lines).toContain('listenPort=9876');
  expect(lines.at(-1)).toBe('');
  expect(lines.slice(0, -1)).toEqual(lines.slice(0, -1).toSorted());
});
