// The README's first program, run as it stands there, against a broker inside this process.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startBroker } from 'centaurmq';
import { expect, it, vi } from 'vitest';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

it('the TypeScript example of the README sends, and its consumer receives', { timeout: 30_000 }, async () => {
  await using broker = await startBroker({ memory: true });
  const example = /```ts\n(import \{ Producer, PushConsumer \}.*?)```/su.exec(readme)?.[1] ?? '';
  const program = `${example.replaceAll('127.0.0.1:9876', broker.nameServer)}\nexport { consumer };\n`;
  const folder = join(import.meta.dirname, '.readme');
  const file = join(folder, `example-${process.pid}.ts`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, program);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    const { consumer } = (await import(pathToFileURL(file).href)) as { consumer: { close(): Promise<void> } };
    try {
      await vi.waitFor(() => expect(printed.mock.calls).toContainEqual(['Orders', 'hello']), {
        timeout: 20_000,
      });
    } finally {
      await consumer.close();
    }
    expect(printed.mock.calls[0]?.[0]).toBe('SEND_OK');
  } finally {
    printed.mockRestore();
    rmSync(folder, { recursive: true, force: true });
  }
});
