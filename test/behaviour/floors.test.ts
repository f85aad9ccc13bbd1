// The architecture in one test: an import goes down, never up or sideways.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What each package may import of ours. */
const ALLOWED: Record<string, readonly string[]> = {
  protocol: [],
  remoting: ['protocol'],
  namesrv: ['protocol', 'remoting'],
  broker: ['protocol', 'remoting', 'native'],
  client: ['protocol', 'remoting'],
  'admin-cli': ['protocol', 'remoting', 'client'],
  simulator: ['protocol', 'remoting', 'namesrv', 'broker', 'client'],
  centaurmq: ['protocol', 'remoting', 'namesrv', 'broker', 'client', 'admin-cli'],
};
const NATIVE_FOLDER = 'packages/broker/src/store/';
const SOCKET_FOLDER = 'packages/remoting/src/';
/** Where a process starts, the real world comes in. */
const MAY_TOUCH_THE_WORLD = [
  'packages/remoting/src/environment/',
  'packages/client/src/instance/client-environment.ts',
  'packages/centaurmq/',
  'packages/admin-cli/',
  'packages/simulator/src/main.ts',
];

const sources = Object.keys(ALLOWED).flatMap((name) =>
  typescriptFiles(`packages/${name}/src`).map((file) => ({ name, file })),
);

describe('floors', () => {
  it('finds the sources it is meant to judge', () => {
    expect(sources.length).toBeGreaterThan(50);
  });

  it.each(Object.keys(ALLOWED))('%s imports only what stands below it', (name) => {
    const wrong = sources
      .filter((source) => source.name === name)
      .flatMap(({ file }) => ownImports(file).map((imported) => ({ file, imported })))
      .filter(({ imported }) => imported !== name && !ALLOWED[name]?.includes(imported));
    expect(wrong).toEqual([]);
  });

  it('only one folder of the broker knows the native module', () => {
    const wrong = sources.filter(
      ({ file }) => ownImports(file).includes('native') && !file.startsWith(NATIVE_FOLDER),
    );
    expect(wrong).toEqual([]);
  });

  it('only remoting knows sockets', () => {
    const wrong = sources.filter(
      ({ file }) => !file.startsWith(SOCKET_FOLDER) && /from 'node:(net|tls|dgram)'/.test(read(file)),
    );
    expect(wrong).toEqual([]);
  });

  it('time and chance are arguments', () => {
    const calls = /\b(Date\.now|Math\.random|setTimeout|setInterval|performance\.now)\(/;
    const wrong = sources
      .filter(({ file }) => !MAY_TOUCH_THE_WORLD.some((folder) => file.startsWith(folder)))
      .filter(({ file }) => calls.test(withoutComments(read(file))))
      .map(({ file }) => file);
    expect(wrong).toEqual([]);
  });
});

function typescriptFiles(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((entry) => {
    const path = `${folder}/${entry}`;
    if (statSync(join(root, path)).isDirectory()) return typescriptFiles(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}

/** Short names of our packages that a file imports. */
function ownImports(file: string): string[] {
  const imported = read(file).matchAll(/(?:from|import\(|require\()\s*'(?:@centaurmq\/)?([a-z-]+)[^']*'/g);
  return [...imported].map((match) => match[1] ?? '').filter((name) => name in ALLOWED || name === 'native');
}
