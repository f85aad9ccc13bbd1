// Generated files that are committed must be what their generator writes today.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, root, run, WorkspaceError } from './workspace.mjs';

const CHECK = 'check:generated';

await main(() => {
  const failures = [];
  for (const folder of packageFolders()) {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    if (manifest.scripts?.[CHECK] === undefined) continue;
    try {
      run('npm', ['run', '--silent', CHECK, '--prefix', folder]);
    } catch (error) {
      failures.push(`${manifest.name}: ${error.message}`);
    }
  }
  if (failures.length > 0) throw new WorkspaceError(failures.join('\n'));
});

function packageFolders() {
  const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name));
  return [...packages, join('native', 'binding')];
}
