/** The client's language, by ordinal in Apache RocketMQ's `LanguageCode`. JSON headers carry the name, binary ones the number. */
export const LanguageCode = {
  JAVA: 0,
  CPP: 1,
  DOTNET: 2,
  PYTHON: 3,
  DELPHI: 4,
  ERLANG: 5,
  RUBY: 6,
  OTHER: 7,
  HTTP: 8,
  GO: 9,
  PHP: 10,
  OMS: 11,
  RUST: 12,
  NODE_JS: 13,
} as const;
export type LanguageCode = (typeof LanguageCode)[keyof typeof LanguageCode];

const codeByName: ReadonlyMap<string, number> = new Map(Object.entries(LanguageCode));
const names: readonly string[] = Object.keys(LanguageCode);

/** An unknown ordinal is `OTHER`. */
export function languageName(language: number): string {
  return names[language] ?? 'OTHER';
}

/** An unknown name is `OTHER`: a client in a language of tomorrow is still served. */
export function languageCode(name: string): number {
  return codeByName.get(name) ?? LanguageCode.OTHER;
}
