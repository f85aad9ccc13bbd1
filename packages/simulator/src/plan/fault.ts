/** Something that goes wrong at a moment of a run; `at` and `forMillis` are virtual milliseconds. It ends by itself after `forMillis`. */
export type Fault = { readonly at: number; readonly forMillis: number } & (
  | { readonly kind: 'killBroker'; readonly broker: string }
  | { readonly kind: 'losePower'; readonly broker: string }
  | { readonly kind: 'stopBroker'; readonly broker: string }
  | { readonly kind: 'killNameServer'; readonly nameServer: string }
  | { readonly kind: 'killClient'; readonly client: string }
  | { readonly kind: 'partition'; readonly from: string; readonly to: string; readonly bothWays: boolean }
  | { readonly kind: 'isolate'; readonly host: string }
  | { readonly kind: 'resetConnections'; readonly from: string; readonly to: string }
  | { readonly kind: 'slowHost'; readonly host: string; readonly factor: number }
  | { readonly kind: 'slowDisk'; readonly broker: string; readonly factor: number }
  | { readonly kind: 'failSyncs'; readonly broker: string; readonly afterCount: number }
  | { readonly kind: 'failWrites'; readonly broker: string }
  | { readonly kind: 'fullDisk'; readonly broker: string }
  | { readonly kind: 'flipBit'; readonly broker: string; readonly place: number; readonly bit: number }
);

export type FaultKind = Fault['kind'];

/** One line: `12.4 s killBroker broker-0 for 3.1 s`. */
export function describeFault(fault: Fault): string {
  const { at, forMillis, kind, ...details } = fault;
  const texts = Object.entries(details).map(([name, value]) => `${name} ${String(value)}`);
  return `${(at / 1000).toFixed(1)} s ${kind} ${texts.join(', ')} for ${(forMillis / 1000).toFixed(1)} s`;
}
