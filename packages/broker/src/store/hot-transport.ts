import { HotTransport, type Transport } from '@centaurmq/remoting';
import { EngineHotSockets, type HotSocketsOptions } from './native-hot-sockets.ts';

/** The same network with plain connections served by the engine; null where the system or the runtime has no way for it. */
export function hotTransport(transport: Transport, options: HotSocketsOptions): HotTransport | null {
  const { native, logger } = options;
  if (transport.listenForDescriptors === undefined) return null;
  try {
    const sockets = new EngineHotSockets(options);
    return new HotTransport({
      transport,
      sockets,
      duplicateDescriptor: (descriptor) => native.duplicateDescriptor(descriptor),
      logger,
    });
  } catch (error) {
    logger.info({ reason: String(error) }, 'sockets are served by Node.js');
    return null;
  }
}
