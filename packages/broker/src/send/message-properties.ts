import { MessageProperty, TRANSIENT_PROPERTY_PREFIX } from '@centaurmq/protocol';

const NAME_VALUE_SEPARATOR = '\u0001';
const PROPERTY_SEPARATOR = '\u0002';

/** What the broker adds to every single message. */
export interface BrokerProperties {
  readonly regionId: string;
  readonly traceOn: boolean;
  readonly clusterName: string;
}

/** Looks a property up; of doubled names the last counts. */
export interface PropertyLookup {
  get(name: string): string | undefined;
  has(name: string): boolean;
}

/** What a producer may not bring along; Java drops the same. */
function isDropped(name: string): boolean {
  return (
    name === MessageProperty.POP_CK ||
    name === MessageProperty.CRC32 ||
    name.startsWith(TRANSIENT_PROPERTY_PREFIX)
  );
}

/**
 * A message's properties on their way into the store: what is not touched keeps its bytes and its place, doubled names
 * included, because that is what the hot path stores.
 */
export class MessageProperties implements PropertyLookup {
  readonly #entries: { readonly name: string; readonly value: string }[];

  private constructor(entries: { name: string; value: string }[]) {
    this.#entries = entries;
  }

  /** Reads a request's properties with Java's rules: a segment without a name or without a value vanishes. */
  static ofRequest(text: string | undefined): MessageProperties {
    const entries = [];
    for (const segment of (text ?? '').split(PROPERTY_SEPARATOR)) {
      const equals = segment.indexOf(NAME_VALUE_SEPARATOR);
      if (equals <= 0 || equals === segment.length - 1) continue;
      const name = segment.slice(0, equals);
      if (!isDropped(name)) entries.push({ name, value: segment.slice(equals + 1) });
    }
    return new MessageProperties(entries);
  }

  /** The properties of a record, to be stored anew; its checksum is not among them. */
  static ofRecord(properties: ReadonlyMap<string, string>): MessageProperties {
    const entries = [];
    for (const [name, value] of properties) if (!isDropped(name)) entries.push({ name, value });
    return new MessageProperties(entries);
  }

  copy(): MessageProperties {
    return new MessageProperties([...this.#entries]);
  }

  get(name: string): string | undefined {
    return this.#entries.findLast((entry) => entry.name === name)?.value;
  }

  has(name: string): boolean {
    return this.#entries.some((entry) => entry.name === name);
  }

  /** Puts it at the end, whether it was there or not. */
  set(name: string, value: string): void {
    this.delete(name);
    this.#entries.push({ name, value });
  }

  delete(name: string): void {
    for (;;) {
      const index = this.#entries.findIndex((entry) => entry.name === name);
      if (index < 0) return;
      this.#entries.splice(index, 1);
    }
  }

  /** As records have them: name, 0x01, value, 0x02. */
  encode(): Buffer {
    let text = '';
    for (const { name, value } of this.#entries) {
      text += name + NAME_VALUE_SEPARATOR + value + PROPERTY_SEPARATOR;
    }
    return Buffer.from(text);
  }

  /** The bytes stored for a send: the request's properties in their order, then what the broker adds. */
  encodeWith(broker: BrokerProperties): Buffer {
    const stored = this.copy();
    stored.set(MessageProperty.MSG_REGION, broker.regionId);
    stored.set(MessageProperty.TRACE_SWITCH, String(broker.traceOn));
    stored.set(MessageProperty.CLUSTER, broker.clusterName);
    return stored.encode();
  }
}
