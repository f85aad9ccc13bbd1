import type { Server } from 'node:net';
import type { Listener } from '../environment/transport.ts';

const LISTEN_BACKLOG = 1024;

/** Binds the server; rejects with the system's reason when it cannot. */
export function listening(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: LISTEN_BACKLOG }, () => {
      server.off('error', reject);
      // EMFILE and the like on accept: that connection is lost, the listener is not.
      server.on('error', () => undefined);
      const bound = server.address();
      resolve({
        address: { host, port: bound !== null && typeof bound === 'object' ? bound.port : port },
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
          }),
      });
    });
  });
}
