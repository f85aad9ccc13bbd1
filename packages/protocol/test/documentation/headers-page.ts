import type { Header, HeaderField } from '../../src/index.ts';
import * as accessControl from '../../src/headers/access-control.ts';
import * as brokerRegistration from '../../src/headers/broker-registration.ts';
import * as brokerState from '../../src/headers/broker-state.ts';
import * as client from '../../src/headers/client.ts';
import * as kvConfig from '../../src/headers/kv-config.ts';
import * as offset from '../../src/headers/offset.ts';
import * as pop from '../../src/headers/pop.ts';
import * as pull from '../../src/headers/pull.ts';
import * as route from '../../src/headers/route.ts';
import * as send from '../../src/headers/send.ts';
import * as subscription from '../../src/headers/subscription.ts';
import * as topic from '../../src/headers/topic.ts';
import * as transaction from '../../src/headers/transaction.ts';

const families: readonly [string, Readonly<Record<string, Pick<Header<never>, 'name' | 'fields'>>>][] = [
  ['Sending: 10, 310, 320; 36, 326, 370', send],
  ['Transactions: 37, 39', transaction],
  ['Reading messages: 11, 361, 12, 33', pull],
  ['Offsets: 14, 15, 29 to 32, 222, 308, 314', offset],
  ['Clients and groups: 34, 35, 38, 40, 203, 204, 221, 223, 307, 309', client],
  ['Pop consumption: 200050 to 200055', pop],
  ['Brokers at the name server: 103, 104, 322, 901, 904, 905', brokerRegistration],
  ['Routes at the name server: 105, 205, 216, 217, 224, 327', route],
  ['Key-value configuration at the name server: 100 to 102, 219', kvConfig],
  ['Topics at the broker: 17, 21, 202, 215, 300, 303, 321, 323, 351', topic],
  ['Subscription groups at the broker: 201, 207, 208, 317, 343, 345, 352, 353', subscription],
  ['State of the broker: 26, 315, 906, 908', brokerState],
  ['Users and access lists: 3001 to 3010', accessControl],
];

const INTRODUCTION = `# Headers

Generated from the field tables in \`packages/protocol/src/headers\`; \`UPDATE_DOCS=1 pnpm exec vitest run --project unit packages/protocol/test/documentation\`
writes it anew.

Every value travels as text in a frame's \`extFields\`: \`int\` and \`long\` in decimal, \`boolean\` as \`true\` or \`false\` (read without regard to case; anything else is
false), \`boundary\` as \`LOWER\` or \`UPPER\` (anything else is LOWER). An empty number or boolean counts as absent. Fields are written in the order given; keys that
a table does not name are ignored, among them \`bname\`, \`ns\`, \`nsd\`, \`oway\` and \`lo\`, which Java's clients add to most requests.
A required field that is missing, or a value of another kind, is answered with code 1 and a remark that names header, field, value and expectation.
`;

/** The whole of docs/formats/headers.md. */
export function headersPage(): string {
  const sections = families.map(([title, family]) => {
    const headers = Object.values(family).filter((header) => typeof header === 'object');
    return `## ${title}\n\n${headers.map(headerSection).join('\n')}`;
  });
  return `${INTRODUCTION}\n${sections.join('\n')}`;
}

function headerSection({ name, fields }: Pick<Header<never>, 'name' | 'fields'>): string {
  const rows = fields.map(
    (field) => `| \`${field.key}\` | ${field.kind} | ${presence(field)} | ${meaning(field)} |`,
  );
  return `### ${name}\n\n| key | kind | when absent | property |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function presence(field: HeaderField): string {
  if (field.required) return 'an error';
  return field.defaultText === undefined ? 'nothing' : `\`${field.defaultText}\``;
}

function meaning(field: HeaderField): string {
  return field.property === field.key ? '' : `\`${field.property}\``;
}

/** How many headers the page describes. */
export function headerCount(): number {
  return families.reduce((count, [, family]) => count + Object.keys(family).length, 0);
}
