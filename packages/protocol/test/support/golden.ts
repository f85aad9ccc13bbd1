import { readFileSync } from 'node:fs';

/** What Apache RocketMQ's own classes wrote: see test/fixtures/README.md. */
export function golden(name: string): unknown {
  const url = new URL(`../../../../test/fixtures/golden/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}
