import { expect, it } from 'vitest';
import { ExpressionType, buildSubscriptionData, javaHashCode } from '../../src/index.ts';

it.each([null, undefined, '', '*'])('takes every message for %j', (expression) => {
  expect(buildSubscriptionData('T', expression, 5)).toEqual({
    topic: 'T',
    subString: '*',
    expressionType: 'TAG',
    tagsSet: [],
    codeSet: [],
    subVersion: 5,
    classFilterMode: false,
  });
});

it.each([
  ['TagA', ['TagA']],
  [' TagA || TagB||TagA || ', ['TagA', 'TagB']],
  ['a|b', ['a|b']],
  ['|', ['|']],
  [' ', []],
])('reads the tags of %j', (expression, tags) => {
  const data = buildSubscriptionData('T', expression, 5);
  expect(data.subString).toBe(expression);
  expect(data.tagsSet).toEqual(tags);
  expect(data.codeSet).toEqual(tags.map(javaHashCode));
});

it('has one code for two tags with the same hash', () => {
  expect(buildSubscriptionData('T', 'Aa||BB', 5)).toMatchObject({ tagsSet: ['Aa', 'BB'], codeSet: [2112] });
});

it('refuses separators without tags, and an empty expression of another kind', () => {
  expect(() => buildSubscriptionData('T', '||', 5)).toThrow('tag expression for topic T: found "||"');
  expect(() => buildSubscriptionData('T', '', 5, ExpressionType.SQL92)).toThrow(
    'SQL92 expression for topic T',
  );
});

it('keeps an SQL92 expression as it is', () => {
  const data = buildSubscriptionData('T', 'a > 1 || b = 2', 5, ExpressionType.SQL92);
  expect(data).toMatchObject({
    subString: 'a > 1 || b = 2',
    expressionType: 'SQL92',
    tagsSet: [],
    codeSet: [],
  });
});
