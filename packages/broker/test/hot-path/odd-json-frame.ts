import type { RemotingCommand } from '@centaurmq/protocol';
import type { Random } from '@centaurmq/remoting';

/** A frame with a JSON header as no encoder of ours writes it, but as somebody might. */
export function oddJsonFrame(command: RemotingCommand, random: Random): Buffer {
  const space = random.below(2) === 0 ? ' ' : '';
  const languages = ['JAVA', 'GO', 'NODE_JS', 'KLINGON'];
  const members: [string, unknown][] = [
    ['language', languages[random.below(languages.length)]],
    ['extFields', command.extFields],
    ['flag', command.flag],
    ['opaque', command.opaque],
    ['code', command.code],
    ['serializeTypeCurrentRPC', 'JSON'],
    ['version', command.version],
  ];
  if (command.remark !== null) members.push(['remark', command.remark]);
  if (random.below(4) === 0) {
    const values = [null, true, 1.5, 'x', { nested: [1] }];
    members.push(['unknown', values[random.below(values.length)]]);
  }
  if (random.below(10) === 0) members.push(['opaque', command.opaque]);
  const texts = members.map(([name, value]) => `"${name}"${space}:${space}${oddJson(value, random)}`);
  const header = Buffer.from(`${space}{${texts.join(`,${space}`)}}${space}`);
  const frame = Buffer.alloc(8 + header.length + command.body.length);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt32BE(header.length, 4);
  header.copy(frame, 8);
  frame.set(command.body, 8 + header.length);
  return frame;
}

function oddJson(value: unknown, random: Random): string {
  const text = JSON.stringify(value);
  // Null, true and numbers have no other form.
  if (random.below(3) !== 0 || value === null || (typeof value !== 'string' && typeof value !== 'object'))
    return text;
  // Every character may be written as its escape.
  return text.replaceAll(/[a-zA-Z\u0080-\uffff](?![^"]*":)/g, (character) =>
    random.below(20) === 0 && !/[\\u]/.test(character)
      ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
      : character,
  );
}
