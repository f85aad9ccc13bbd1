import { type Check, told } from './violation.ts';

/** In the end every name server says of every topic what its brokers say. */
export const routesConverge: Check = ({ audit }) =>
  told(
    'routesConverge',
    audit.routes
      .filter(({ found, expected }) => found.join() !== expected.join())
      .map(({ nameServer, topic, found, expected }) => ({
        what: `${nameServer} says of ${topic}: ${found.join(', ') || 'nothing'}; expected ${expected.join(', ')}`,
      })),
  );
