// Control characters, quote, backslash and surrogates: JSON.stringify knows what to do with each.
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;

/** A text as JSON. Most need nothing but the quotes, which saves the call that would look at every character twice. */
export function jsonString(text: string): string {
  return NEEDS_CARE.test(text) ? JSON.stringify(text) : `"${text}"`;
}
