#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  const { runCommandLine } = await import(main.href);
  process.exitCode = await runCommandLine(process.argv);
} else {
  process.stderr.write('CentaurMQ is not built: run `npm start` in the checkout, or `pnpm build`.\n');
  process.exitCode = 1;
}
