import { javaHashCode } from '../message/tags-code.ts';
import { type Body, defineBody } from './define-body.ts';

export const ExpressionType = { TAG: 'TAG', SQL92: 'SQL92' } as const;
/** The subscription to every message. */
export const SUBSCRIBE_ALL = '*';

/** What a group wants of a topic. */
export interface SubscriptionData {
  readonly topic: string;
  /** Tags joined by `||`, `*`, or an SQL92 expression. */
  readonly subString: string;
  readonly expressionType: string;
  readonly tagsSet: readonly string[];
  /** Hash codes of the tags: what the consume queue is filtered by. */
  readonly codeSet: readonly number[];
  /** Grows with each change; milliseconds since the epoch. */
  readonly subVersion: number;
  readonly classFilterMode: boolean;
}
export const SubscriptionData: Body<SubscriptionData> = defineBody('SubscriptionData', (json) => ({
  topic: json.textOf('topic'),
  subString: json.textOf('subString'),
  expressionType: json.textOf('expressionType', ExpressionType.TAG),
  tagsSet: json.textsOf('tagsSet'),
  codeSet: json.listOf('codeSet', (code) => code.number()),
  subVersion: json.numberOf('subVersion'),
  classFilterMode: json.booleanOf('classFilterMode'),
}));

/**
 * A subscription by tags (`TagA || TagB`, `*` or nothing for all) or by another kind of expression (Java: `FilterAPI.build`).
 *
 * @throws RangeError when an expression of another kind is empty, or when only separators stand where tags should
 */
export function buildSubscriptionData(
  topic: string,
  expression: string | null | undefined,
  subVersion: number,
  expressionType: string = ExpressionType.TAG,
): SubscriptionData {
  const text = expression ?? '';
  const base = { topic, expressionType, subVersion, classFilterMode: false };
  if (expressionType !== ExpressionType.TAG) {
    if (text === '')
      throw new RangeError(
        `${expressionType} expression for topic ${topic}: found nothing, expected an expression`,
      );
    return { ...base, subString: text, tagsSet: [], codeSet: [] };
  }
  if (text === '' || text === SUBSCRIBE_ALL)
    return { ...base, subString: SUBSCRIBE_ALL, tagsSet: [], codeSet: [] };
  const tags = new Set(
    text
      .split('||')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
  );
  if (/^(?:\|\|)+$/.test(text)) {
    throw new RangeError(
      `tag expression for topic ${topic}: found ${JSON.stringify(text)}, expected "*" or tags joined by "||"`,
    );
  }
  return { ...base, subString: text, tagsSet: [...tags], codeSet: [...new Set([...tags].map(javaHashCode))] };
}
