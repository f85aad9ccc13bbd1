// Apache's mqadmin, one process per command.
import { join } from 'node:path';
import { scratchFolder } from './apache-cluster.ts';
import { classpath } from './classpath.ts';
import { JavaProcess } from './java-process.ts';
import { rmSync, writeFileSync } from 'node:fs';

const commandTimeoutMillis = 120_000;
const heapMegabytes = 128;

/** Runs `mqadmin <command> <args> -n <nameServerAddress>` and gives back what it printed. */
export async function mqadmin(
  nameServerAddress: string,
  command: string,
  args: readonly string[] = [],
): Promise<string> {
  const folder = scratchFolder('mqadmin');
  const logConfig = join(folder, 'tools.logback.xml');
  writeFileSync(logConfig, '<configuration><root level="OFF"/></configuration>\n');
  try {
    const admin = new JavaProcess({
      name: `mqadmin ${command}`,
      classpath: await classpath('servers', ['launcher']),
      mainClass: 'org.apache.rocketmq.tools.command.MQAdminStartup',
      args: [command, ...args, '-n', nameServerAddress],
      heapMegabytes,
      folder,
      systemProperties: {
        'rmq.logback.configurationFile': logConfig,
        'com.rocketmq.remoting.client.connect.timeout': '20000',
      },
    });
    const lines: string[] = [];
    admin.onLine((line) => lines.push(line));
    const exit = await admin.finish(commandTimeoutMillis);
    if (exit.code !== 0)
      throw new Error(`${admin.name} ended with ${JSON.stringify(exit)}:\n${admin.output}`);
    return `${lines.join('\n')}\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
