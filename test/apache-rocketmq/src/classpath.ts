// Jars from Maven Central and our own compiled Java programs, fetched and built once into a cache folder.
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const javaFolder = join(import.meta.dirname, '../java');

/** Where jars and classes are kept; `CENTAURMQ_INTEROP_CACHE` shares one cache between checkouts. */
export const cacheFolder: string =
  process.env['CENTAURMQ_INTEROP_CACHE'] ?? join(import.meta.dirname, '../.work/cache');

/** A folder under test/interop/java that holds a pom.xml. */
export type JarSet = 'servers' | 'client-5.3.3' | 'client-4.9.8';

/** A folder under test/interop/java that holds Java sources in the default package. */
export type ProgramSet = 'launcher' | 'clients' | 'golden' | 'read-back';

const fetchTimeoutMillis = 300_000;
const compileTimeoutMillis = 120_000;

/** The class path of `jars` followed by our programs compiled against exactly those jars. */
export async function classpath(jars: JarSet, programs: readonly ProgramSet[]): Promise<string> {
  const jarFolder = await fetchJars(jars);
  const folders = [jarFolder];
  for (const set of programs) folders.push(await compilePrograms(set, jarFolder));
  return folders.map((folder, index) => (index === 0 ? join(folder, '*') : folder)).join(delimiter);
}

/** The folder with the jars of one pom, downloaded when it is not there yet. */
export async function fetchJars(jars: JarSet): Promise<string> {
  const pom = join(javaFolder, jars, 'pom.xml');
  return prepareOnce(`jars-${jars}`, [readFileSync(pom)], async (folder) => {
    await runTool('mvn', [
      '--quiet',
      '--batch-mode',
      `--file=${pom}`,
      'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies',
      `-DoutputDirectory=${folder}`,
      '-DincludeScope=runtime',
    ]);
  });
}

async function compilePrograms(set: ProgramSet, jarFolder: string): Promise<string> {
  const folder = join(javaFolder, set);
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.java'))
    .toSorted()
    .map((name) => join(folder, name));
  const contents = [Buffer.from(jarFolder), ...sources.map((source) => readFileSync(source))];
  return prepareOnce(`classes-${set}`, contents, async (classes) => {
    const options = ['-nowarn', '-encoding', 'UTF-8', '-Xlint:-options', '--release', '11'];
    await runTool('javac', [...options, '-cp', join(jarFolder, '*'), '-d', classes, ...sources]);
  });
}

/** Several processes may prepare the same folder at once: each fills its own and the first rename wins. */
async function prepareOnce(
  name: string,
  contents: readonly Uint8Array[],
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const part of contents) hash.update(part);
  const finished = join(cacheFolder, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(finished)) return finished;
  const unfinished = `${finished}.${process.pid}.${randomUUID()}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await fill(unfinished);
    renameSync(unfinished, finished);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(finished)) throw error;
  }
  return finished;
}

function runTool(tool: 'mvn' | 'javac', args: readonly string[]): Promise<void> {
  const timeout = tool === 'mvn' ? fetchTimeoutMillis : compileTimeoutMillis;
  return new Promise((resolve, reject) => {
    execFile(tool, args, { timeout, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      if (error === null) return resolve();
      const output = `${stdout}${stderr}`.slice(-4000);
      reject(
        new Error(describeFailure(tool, args, String(error.code ?? error.signal), output), { cause: error }),
      );
    });
  });
}

function describeFailure(
  tool: 'mvn' | 'javac',
  args: readonly string[],
  reason: string,
  output: string,
): string {
  if (reason === 'ENOENT') {
    const need = tool === 'mvn' ? 'Apache Maven 3.6 or newer' : 'a JDK, version 11 or newer';
    return `interop: '${tool}' is not on the PATH; the interop tests need ${need}. Install it, or run npm test without CI=true.`;
  }
  return `interop: '${tool} ${args.join(' ')}' failed (${reason}):\n${output}`;
}
