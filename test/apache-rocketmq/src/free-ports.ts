import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range the system hands out to outgoing connections, so that no connection takes the port meanwhile. */
const portMin = 20_000;
const portMax = 32_000;
const attemptsMax = 200;

/** A port `p` for which `p + offset` is free on 127.0.0.1 for every given offset. */
export async function freePort(offsets: readonly number[] = [0]): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const port = randomInt(portMin, portMax);
    if (await allFree(offsets.map((offset) => port + offset))) return port;
  }
  throw new Error(`interop: no free port found between ${portMin} and ${portMax} in ${attemptsMax} attempts`);
}

async function allFree(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) if (!(await isFree(port))) return false;
  return true;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
