/** Java's `String.hashCode()`: 31·h + c over UTF-16 units, wrapping at 32 bits. */
export function javaHashCode(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) {
    hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

/** What the consume queue stores to filter by tag; 0 without a tag. */
export function tagsCode(tag: string | null | undefined): number {
  return tag === null || tag === undefined ? 0 : javaHashCode(tag);
}
