// `npm test`: every test that needs no other system; with CI=true also the lints and those that need Java.
// Ends with what failed in each suite, and one line that counts them all.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { main, prepareWorkspace, root, run, tool } from './workspace.mjs';

const inContinuousIntegration = process.env.CI === 'true';
const vitestProjects = inContinuousIntegration
  ? ['unit', 'behaviour', 'simulation', 'crash', 'interop']
  : ['unit', 'behaviour', 'simulation', 'crash'];

/** Of a failed test's message, in the closing list. */
const FAILURE_CHARACTERS_MAX = 300;

await main(async () => {
  prepareWorkspace();
  const suites = [];
  if (inContinuousIntegration) suites.push(...lintSuites());
  suites.push(timed('Rust', runCargoTests));
  for (const project of vitestProjects) suites.push(timed(project, () => runVitest(project)));
  summarise(suites);
});

function timed(name, body) {
  const started = performance.now();
  process.stdout.write(`\n── ${name}\n`);
  const counts = body();
  return { name, ...counts, seconds: (performance.now() - started) / 1000 };
}

function lintSuites() {
  return [
    timed('TypeScript lint', () => check(tool('oxlint'), [])),
    timed('TypeScript format', () => check(tool('oxfmt'), ['--check'])),
    timed('Rust format', () => check('cargo', ['fmt', '--all', '--check'])),
    timed('Rust lint', () =>
      check('cargo', ['clippy', '--workspace', '--all-targets', '--quiet', '--', '-D', 'warnings']),
    ),
    timed('generated files', () => check('node', ['scripts/check-generated.mjs'])),
  ];
}

function check(program, args) {
  try {
    run(program, args);
    return { passed: 1, failed: 0 };
  } catch (error) {
    process.stdout.write(`${error.message}\n`);
    return { passed: 0, failed: 1 };
  }
}

function runCargoTests() {
  const result = spawnSync('cargo', ['test', '--workspace', '--no-fail-fast', '--color=never'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 256 << 20,
    shell: process.platform === 'win32',
  });
  let passed = 0;
  let failed = 0;
  for (const line of (result.stdout ?? '').matchAll(/^test result: .*? (\d+) passed; (\d+) failed;.*$/gm)) {
    passed += Number(line[1]);
    failed += Number(line[2]);
  }
  if (result.status !== 0) process.stdout.write(result.stdout ?? '');
  else process.stdout.write(`${passed} passed\n`);
  if (result.status !== 0 && failed === 0) failed = 1;
  const failures = [...(result.stdout ?? '').matchAll(/^test (\S+) \.\.\. FAILED$/gm)].map((line) => line[1]);
  return { passed, failed, failures };
}

function runVitest(project) {
  const folder = mkdtempSync(join(tmpdir(), 'centaurmq-test-'));
  const report = join(folder, 'report.json');
  try {
    const result = spawnSync(
      tool('vitest'),
      ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' },
    );
    return countVitest(report, result.status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function countVitest(report, exitCode) {
  let counts;
  try {
    counts = JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    process.stdout.write(`vitest wrote no report: ${error.message}\n`);
    return { passed: 0, failed: 1 };
  }
  const failures = counts.testResults.flatMap(failuresOfFile);
  const failed = exitCode !== 0 ? Math.max(failures.length, 1) : failures.length;
  return { passed: counts.numPassedTests, failed, failures };
}

/** One line for each failed test, and for a file that failed as a whole. */
function failuresOfFile({ name, message, status, assertionResults }) {
  const file = relative(root, name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0 && status === 'failed') return [`${file}: ${firstLine(message)}`];
  return failed.map((test) => `${file} > ${test.fullName}: ${firstLine(test.failureMessages.join(''))}`);
}

function firstLine(text) {
  return stripVTControlCharacters(text).split('\n', 1)[0].slice(0, FAILURE_CHARACTERS_MAX);
}

function summarise(suites) {
  process.stdout.write('\n');
  for (const { name, passed, failed, seconds, failures = [] } of suites) {
    process.stdout.write(
      `${failed > 0 ? 'FAILED' : 'ok    '} ${name}: ${passed} passed, ${failed} failed in ${seconds.toFixed(1)} s\n`,
    );
    for (const failure of failures) process.stdout.write(`         ${failure}\n`);
  }
  const passed = suites.reduce((sum, suite) => sum + suite.passed, 0);
  const failed = suites.reduce((sum, suite) => sum + suite.failed, 0);
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}
