// Apache's mqadmin, one process per command.
import { join } from 'node:path';
import { scratchFolder } from './apache-cluster.ts';
import { classpath } from './classpath.ts';
import { JavaProcess } from './java-process.ts';
import { rmSync, writeFileSync } from 'node:fs';

const commandTimeoutMillis = 120_000;
const attemptsMax = 4;
const heapMegabytes = 128;

/**
 * Runs `mqadmin <command> <args> -n <nameServerAddress>` and gives back what it printed. Its requests have five seconds, its own
 * start included, which is little where much runs at once: a command that ran out of them is run again.
 */
export async function mqadmin(
  nameServerAddress: string,
  command: string,
  args: readonly string[] = [],
): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const output = await runOnce(nameServerAddress, command, args);
    if (attempt === attemptsMax || !output.includes('RemotingTimeoutException')) return output;
  }
}

async function runOnce(nameServerAddress: string, command: string, args: readonly string[]): Promise<string> {
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
