// What mqadmin printed, with the values that must differ between two clusters replaced by their names.

export interface ClusterNames {
  readonly nameServerAddress: string;
  readonly brokerAddress: string;
}

const timestamp = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[,:]\d{3})?/gu;
const stackFrame = /^\s+(?:at |\.\.\. \d+ more)/u;
/** 5.3.3 takes a topic for one of its own consumer groups, and tells of what it did not find there; later versions do not. */
const topicAsItsOwnGroup =
  /^MessageTrack \[consumerGroup=Orders,[^\]]*\]\n|^DefaultCluster +(\w+) +\1 *\n/gmu;

/** A row of consumerProgress over all groups: group, instances, version, type and model if online, messages a second, backlog. */
const consumerProgressRate = /^(\S+ \d+ (?:OFFLINE|V\S+ \S+ \S+)) [\d.]+ (-?\d+)$/gmu;

/** Addresses, times, rates and ids replaced; Java's stack frames left out. */
export function normalise(output: string, names: ClusterNames): string {
  return output
    .replaceAll(topicAsItsOwnGroup, '')
    .split('\n')
    .filter((line) => !stackFrame.test(line))
    .join('\n')
    .replaceAll(names.brokerAddress, 'BROKER')
    .replaceAll(names.nameServerAddress, 'NAMESRV')
    .replaceAll(timestamp, 'TIME')
    .replaceAll(/(Consume|Topic Put) TPS: [\d.]+/gu, '$1 TPS: RATE')
    .replaceAll(/\b[0-9A-F]{32}(?:[0-9A-F]{24})?\b/gu, 'ID')
    .replaceAll(/__CRC32#=\d+/gu, '__CRC32#=CRC')
    .replaceAll(/CommitLog Offset: +\d+/gu, 'CommitLog Offset: OFFSET')
    .replaceAll(/Born Host: +127\.0\.0\.1:\d+/gu, 'Born Host: CLIENT')
    .replaceAll(/MQClientAPIImpl\.java:\d+/gu, 'MQClientAPIImpl.java')
    .replaceAll(/[ \t]+/gu, ' ')
    .replaceAll(/ $/gmu, '')
    .replaceAll(consumerProgressRate, '$1 RATE $2');
}

/** The rows of clusterList, without the rates, times and disk use in their middle. */
export function clusterRows(output: string, names: ClusterNames): unknown {
  const [header = '', ...rows] = output.trimEnd().split('\n');
  return {
    header: header.split(/ +(?=#)/u),
    rows: rows.map((row) => {
      const columns = normalise(row, names).split(' ');
      return { identity: columns.slice(0, 5), activated: columns.at(-1) };
    }),
  };
}

/** The lines of brokerStatus as a table. */
export function brokerStatus(output: string): Map<string, string> {
  return new Map(
    output
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [key = '', value = ''] = line.split(/ *: (.*)/su);
        return [key.replace(/^commitLogDiskRatio_.*/u, 'commitLogDiskRatio_PATH'), value.trim()];
      }),
  );
}
