import type { TopicSpec } from '@centaurmq/client';
import type { TopicConfig } from '@centaurmq/protocol';
import { InvalidArgumentError, Option } from 'commander';
import type { Answer, CommandParts } from '../admin-command.ts';
import { wholeNumber } from '../admin-command.ts';
import { formatTable } from '../table.ts';

interface UpdateTopicFlags {
  readonly brokerAddr?: string;
  readonly clusterName?: string;
  readonly topic: string;
  readonly readQueueNums?: number;
  readonly writeQueueNums?: number;
  readonly perm?: number;
  readonly attributes?: ReadonlyMap<string, string>;
}

const QUEUE_NUMS_MAX = 65_535;

export const updateTopic: CommandParts<UpdateTopicFlags> = {
  name: 'updateTopic',
  description: 'create a topic, or change it, on one broker (-b) or on every master of a cluster (-c)',
  options: [
    new Option('-b, --brokerAddr <address>', 'broker, host:port'),
    new Option('-c, --clusterName <name>', 'cluster'),
    new Option('-t, --topic <name>', 'topic').makeOptionMandatory(),
    new Option('-r, --readQueueNums <count>', 'queues to read; 8 if not given').argParser(
      wholeNumber(1, QUEUE_NUMS_MAX),
    ),
    new Option('-w, --writeQueueNums <count>', 'queues to write; 8 if not given').argParser(
      wholeNumber(1, QUEUE_NUMS_MAX),
    ),
    new Option('-p, --perm <bits>', '2: write, 4: read, 6: both; 6 if not given').argParser(parsePerm),
    new Option('-a, --attributes <list>', 'such as +message.type=FIFO,-reserve.time').argParser(
      parseAttributes,
    ),
  ],
  async run(admin, flags, command): Promise<Answer> {
    const { brokerAddr, clusterName } = flags;
    if ((brokerAddr === undefined) === (clusterName === undefined)) {
      command.error('error: exactly one of -b (a broker) and -c (a cluster) is needed');
    }
    const addresses =
      brokerAddr === undefined ? await admin.fetchMasterAddrByClusterName(clusterName ?? '') : [brokerAddr];
    const created: (TopicConfig & { readonly brokerAddr: string })[] = [];
    for (const address of addresses) {
      const config = await admin.createAndUpdateTopicConfig(address, topicSpec(flags));
      created.push({ brokerAddr: address, ...config });
    }
    const rows = created.map((config) => [
      config.brokerAddr,
      config.topicName,
      config.readQueueNums,
      config.writeQueueNums,
      config.perm,
    ]);
    const heads = ['BrokerAddr', 'Topic', 'ReadQueue', 'WriteQueue', 'Perm'];
    return { text: `topic ${flags.topic} is as follows now:\n${formatTable(heads, rows)}`, json: created };
  },
};

function topicSpec({ topic, readQueueNums, writeQueueNums, perm, attributes }: UpdateTopicFlags): TopicSpec {
  return {
    topicName: topic,
    ...(readQueueNums === undefined ? {} : { readQueueNums }),
    ...(writeQueueNums === undefined ? {} : { writeQueueNums }),
    ...(perm === undefined ? {} : { perm }),
    ...(attributes === undefined ? {} : { attributes }),
  };
}

function parsePerm(text: string): number {
  if (!['2', '4', '6'].includes(text))
    throw new InvalidArgumentError('Expected 2 (write), 4 (read) or 6 (both).');
  return Number(text);
}

/** `+name=value` sets, `-name` removes. */
function parseAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const part of text.split(',').map((entry) => entry.trim())) {
    const [, name, value] = /^(\+[^=]+)=(.+)$|^-[^=]+$/.exec(part) ?? [];
    if (name === undefined && !part.startsWith('-')) {
      throw new InvalidArgumentError(`Expected +name=value or -name, separated by commas; found '${part}'.`);
    }
    attributes.set(name ?? part, value ?? '');
  }
  return attributes;
}
