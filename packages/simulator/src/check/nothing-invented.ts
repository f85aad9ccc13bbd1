import { type SentMessage, idOfBody } from '../history/history.ts';
import { type Check, told } from './violation.ts';

/** Clocks show whole milliseconds. */
const CLOCK_STEP_MILLIS = 1;

/** What is delivered was sent before, to this topic, with this tag and body, matches the subscription, and does not come before its time. */
export const nothingInvented: Check = ({ events, duties }) => {
  const began = new Map<string, { readonly message: SentMessage; readonly at: number }>();
  const tagsOf = new Map(duties.map(({ group, tags }) => [group, tags]));
  const wrong: { what: string; at: number }[] = [];
  for (const event of events) {
    if (event.kind === 'sendBegan') began.set(event.message.id, event);
    if (event.kind !== 'delivered') continue;
    const { at, group, body, topic, tag } = event;
    const id = idOfBody(body);
    const sent = id === null ? undefined : began.get(id);
    const what = (reason: string): void =>
      void wrong.push({ what: `${group} got ${id ?? 'a body of nobody'}: ${reason}`, at });
    if (sent === undefined) {
      what('it was never sent');
      continue;
    }
    const { message } = sent;
    if (message.body !== body)
      what(`the body is not the one that was sent (${body.length} of ${message.body.length} bytes)`);
    if (message.topic !== topic) what(`it was sent to ${message.topic}, not ${topic}`);
    if (message.tag !== tag) what(`it was sent with tag ${message.tag}, not ${tag}`);
    const wanted = tagsOf.get(group) ?? null;
    if (wanted !== null && !wanted.includes(message.tag))
      what(`the group wants ${wanted.join(', ')}, its tag is ${message.tag}`);
    const early = sent.at + message.delayMillis - at;
    if (early > CLOCK_STEP_MILLIS) what(`${early.toFixed(1)} ms before its time`);
  }
  return told('nothingInvented', wrong);
};
