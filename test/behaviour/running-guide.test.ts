import { brokerConfigKeys } from '@centaurmq/broker';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CentaurmqProcess } from './centaurmq-process.ts';

const guide = readFileSync(fileURLToPath(new URL('../../docs/guide/running.md', import.meta.url)), 'utf8');

it('the guide lists every key of broker.conf that does something, with its default', () => {
  const rows = Object.entries(brokerConfigKeys).map(([name, { defaultValue, updatable, description }]) => {
    const shown = defaultValue === '' ? '' : `\`${defaultValue}\``;
    return `| \`${name}\` | ${shown} | ${updatable ? 'yes' : ''} | ${description} |`;
  });
  const found = guide.slice(guide.indexOf('## Keys of broker.conf')).split('\n');
  expect(found.filter((line) => line.startsWith('| `'))).toEqual(rows);
});

it('the guide lists every option of the start command', async () => {
  await using command = new CentaurmqProcess(['start', '--help'], '.');
  expect(await command.exitCode).toBe(0);
  const options = [...command.output.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option]) => option);
  const listed = new Set([...guide.matchAll(/`(--[a-z-]+)/g)].map(([, option]) => option));
  expect(options.length).toBeGreaterThan(10);
  expect(options.filter((option) => !listed.has(option))).toEqual([]);
});
