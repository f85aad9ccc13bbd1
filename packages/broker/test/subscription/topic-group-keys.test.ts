import { expect, it } from 'vitest';
import { TopicGroupKeys } from '../../src/subscription/topic-group-keys.ts';

it('joins topic and group, the same each time, also once more were asked for than are remembered', () => {
  const keys = new TopicGroupKeys();
  expect(keys.of('T', 'G')).toBe('T@G');
  for (let index = 0; index < 25_000; index++) {
    expect(keys.of(`T${index % 7}`, `G${index}`)).toBe(`T${index % 7}@G${index}`);
  }
  expect(keys.of('T', 'G')).toBe('T@G');
  expect(keys.of('G', 'T')).toBe('G@T');
});
