const NAME_VALUE_SEPARATOR = '\u0001';
const PROPERTY_SEPARATOR = '\u0002';

/**
 * `name 0x01 value 0x02`, repeated, in the map's order (Java: `MessageDecoder.messageProperties2String`).
 *
 * @throws RangeError for a name or value that holds one of the two separators, which would forge other properties
 */
export function encodeProperties(properties: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [name, value] of properties) {
    if (holdsSeparator(name) || holdsSeparator(value)) {
      throw new RangeError(`property ${JSON.stringify(name)}: found a 0x01 or 0x02 character, expected none`);
    }
    text += propertyText(name, value);
  }
  return text;
}

/** One property as {@link encodeProperties} writes it, for whoever has checked that neither holds a separator. */
export function propertyText(name: string, value: string): string {
  return name + NAME_VALUE_SEPARATOR + value + PROPERTY_SEPARATOR;
}

function holdsSeparator(text: string): boolean {
  return text.includes(NAME_VALUE_SEPARATOR) || text.includes(PROPERTY_SEPARATOR);
}

/**
 * Reads what {@link encodeProperties} writes, with Java's tolerance: a property without a name or without a value is
 * dropped, the last separator may be missing, of two with one name the later counts.
 */
export function decodeProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  let start = 0;
  let equals = text.indexOf(NAME_VALUE_SEPARATOR);
  while (start < text.length && equals >= 0) {
    const separator = text.indexOf(PROPERTY_SEPARATOR, start);
    const end = separator < 0 ? text.length : separator;
    // Searched again only when it has been passed: each character is looked at once, whoever made the text.
    if (equals < start) equals = text.indexOf(NAME_VALUE_SEPARATOR, start);
    if (equals > start && equals < end - 1)
      properties.set(text.slice(start, equals), text.slice(equals + 1, end));
    start = end + 1;
  }
  return properties;
}
