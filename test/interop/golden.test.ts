import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder, classpath, JavaProcess } from '@centaurmq/apache-rocketmq';

const fixtures = join(import.meta.dirname, '../fixtures/golden');

/** `UPDATE_FIXTURES=1` writes the files instead of comparing them. */
test('the golden files are what Apache RocketMQ 5.3.3 writes', async () => {
  const folder = scratchFolder('golden');
  try {
    const quiet = join(folder, 'logback.xml');
    writeFileSync(quiet, '<configuration><root level="OFF"/></configuration>\n');
    const golden = new JavaProcess({
      name: 'Golden',
      classpath: await classpath('servers', ['launcher', 'golden']),
      mainClass: 'Golden',
      args: [join(folder, 'golden')],
      heapMegabytes: 256,
      folder,
      systemProperties: { 'rmq.logback.configurationFile': quiet },
    });
    const exit = await golden.finish(60_000);
    expect(exit, golden.output).toEqual({ code: 0, signal: null });
    const names = readdirSync(join(folder, 'golden'));
    expect(names).toContain('frames.json');
    if (process.env['UPDATE_FIXTURES'] === '1') mkdirSync(fixtures, { recursive: true });
    for (const name of names) {
      const written = readFileSync(join(folder, 'golden', name), 'utf8');
      if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(join(fixtures, name), written);
      expect(readFileSync(join(fixtures, name), 'utf8'), name).toBe(written);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
