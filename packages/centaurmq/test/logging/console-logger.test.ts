import { describe, expect, it } from 'vitest';
import { errorFields } from '../../src/logging/console-logger.ts';

describe('errorFields', () => {
  const error = new Error('outside', { cause: Object.assign(new TypeError('inside'), { code: 'EX' }) });

  it('tells what went wrong and why, without stacks unless they are wanted', () => {
    expect(errorFields(error, false)).toEqual({
      name: 'Error',
      message: 'outside',
      cause: { name: 'TypeError', message: 'inside', code: 'EX' },
    });
    expect(errorFields(error, true)).toMatchObject({
      stack: expect.stringContaining('console-logger.test.ts'),
      cause: { stack: expect.stringContaining('inside') },
    });
  });

  it('leaves everything else as it is', () => {
    expect(errorFields('text', false)).toBe('text');
    expect(errorFields(null, false)).toBeNull();
  });
});
