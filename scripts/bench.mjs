// `pnpm bench [--quick] [--only NAME]… [--rounds N] [--seconds S] [--seed N] [--cpu-profile]`: builds what is measured and what
// measures, then hands over to benchmarks/src/main.ts.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { main, prepareWorkspace, root, run, tool } from './workspace.mjs';

await main(async () => {
  prepareWorkspace();
  run('cargo', ['build', '--release', '--quiet', '-p', 'native-bound', '-p', 'load-generator']);
  run(tool('tsc'), ['-b', 'benchmarks']);
  const args = [join(root, 'benchmarks/dist/main.js'), ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
});
