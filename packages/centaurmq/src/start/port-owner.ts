import { readFile, readdir, readlink } from 'node:fs/promises';

const LISTENING = '0A';

/** Who listens on a TCP port, as far as this system tells (Linux, processes of the same user): `node (process 4711)`. */
export async function portOwner(port: number): Promise<string | null> {
  try {
    const sockets = new Set(await listeningSockets(port));
    if (sockets.size === 0) return null;
    for (const processId of await readdir('/proc'))
      if (/^\d+$/.test(processId) && (await holdsAny(processId, sockets)))
        return `${(await readFile(`/proc/${processId}/comm`, 'utf8')).trim()} (process ${processId})`;
  } catch {
    // Another system, or not ours to know: the message does without.
  }
  return null;
}

async function listeningSockets(port: number): Promise<string[]> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
  return tables
    .flatMap((table) => table.split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTENING && local?.split(':')[1] === wanted)
    .map((columns) => `socket:[${columns[9]}]`);
}

async function holdsAny(processId: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const directory = `/proc/${processId}/fd`;
  const descriptors = await readdir(directory).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await readlink(`${directory}/${descriptor}`).catch(() => '');
    if (sockets.has(target)) return true;
  }
  return false;
}
