import type { Connection } from '@centaurmq/remoting';

let nextId = 1;

/** A peer without a network; `isOpen` can be changed. */
export function fakeConnection(): { -readonly [Key in keyof Connection]: Connection[Key] } {
  const id = nextId++;
  return {
    id,
    remote: { host: '10.0.0.9', port: 40_000 + id },
    local: { host: '10.0.0.7', port: 10_911 },
    isOpen: true,
  };
}
