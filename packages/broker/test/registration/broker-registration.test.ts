import {
  RegisterBrokerBody,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  responseTo,
} from '@centaurmq/protocol';
import { ManualClock, type RemotingClient, silentLogger } from '@centaurmq/remoting';
import { beforeEach, describe, expect, it } from 'vitest';
import { resolveBrokerConfig } from '../../src/config/broker-config.ts';
import { BrokerRegistration } from '../../src/registration/broker-registration.ts';
import { topicConfig } from '../../src/topic/topic-config.ts';
import { TopicConfigManager } from '../../src/topic/topic-config-manager.ts';
import { MemoryMetadataStore } from '../metadata/memory-metadata-store.ts';

const machine = { hostName: 'broker-a', address: '10.0.0.7', storePathRootDir: '/data' };
const addresses = { brokerAddr: '10.0.0.7:10911', haServerAddr: '10.0.0.7:10912' };

/** Name servers by address: what each does with a request, null for silence until the call times out. */
class FakeNameServers implements Pick<RemotingClient, 'invoke'> {
  readonly received: { address: string; request: RemotingCommand }[] = [];
  readonly behaviour = new Map<string, 'answers' | 'silent' | 'refuses'>();
  readonly #clock: ManualClock;
  orderTopics = '';

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  invoke(
    address: string,
    request: RemotingCommand,
    { timeoutMillis }: { timeoutMillis: number },
  ): Promise<RemotingCommand> {
    this.received.push({ address, request });
    const behaviour = this.behaviour.get(address) ?? 'answers';
    if (behaviour === 'silent')
      return new Promise((_, reject) => {
        this.#clock.setTimer(timeoutMillis, () => reject(new Error('timeout')));
      });
    const code = behaviour === 'refuses' ? ResponseCode.SYSTEM_ERROR : ResponseCode.SUCCESS;
    return Promise.resolve(responseTo(request, code, { body: Buffer.from(this.orderTopics) }));
  }

  /** Request codes that one name server received. */
  codesAt(address: string): number[] {
    return this.received.filter((entry) => entry.address === address).map(({ request }) => request.code);
  }

  lastTopicsAt(address: string): string[] {
    const last =
      this.received.findLast((entry) => entry.address === address)?.request.body ?? Buffer.alloc(0);
    return [...RegisterBrokerBody.decode(last).topicConfigSerializeWrapper.topicConfigTable.keys()];
  }
}

describe('BrokerRegistration', () => {
  const { REGISTER_BROKER, UNREGISTER_BROKER } = RequestCode;
  let clock: ManualClock;
  let nameServers: FakeNameServers;
  let topics: TopicConfigManager;
  let registration: BrokerRegistration;

  beforeEach(async () => {
    clock = new ManualClock();
    nameServers = new FakeNameServers(clock);
    const config = resolveBrokerConfig({ namesrvAddr: 'a:1; b:1;a:1' }, machine);
    const parts = { config, clock, logger: silentLogger };
    topics = await TopicConfigManager.open({ ...parts, metadata: new MemoryMetadataStore() });
    registration = new BrokerRegistration({ ...parts, addresses, topics, client: nameServers });
  });

  it('registers with all its name servers, once each, and again every 30 s', async () => {
    expect(await registration.registerAll()).toBe(2);
    expect(nameServers.received.map(({ address }) => address)).toEqual(['a:1', 'b:1']);
    expect(nameServers.received[0]?.request.extFields).toMatchObject({
      brokerName: 'broker-a',
      brokerAddr: '10.0.0.7:10911',
      haServerAddr: '10.0.0.7:10912',
      clusterName: 'DefaultCluster',
      brokerId: '0',
    });
    await clock.advance(29_999);
    expect(nameServers.received).toHaveLength(2);
    await clock.advance(1);
    expect(nameServers.received).toHaveLength(4);
  });

  it('registers at once when a topic changes', async () => {
    await registration.registerAll();
    await topics.updateTopicConfigs([topicConfig('T')]);
    await clock.advance(0);
    expect(nameServers.lastTopicsAt('a:1')).toContain('T');
    expect(nameServers.lastTopicsAt('b:1')).toContain('T');
    await clock.advance(29_000);
    expect(nameServers.received).toHaveLength(4);
  });

  it('is not delayed at one name server by another that is silent', async () => {
    nameServers.behaviour.set('b:1', 'silent');
    void registration.registerAll();
    await topics.updateTopicConfigs([topicConfig('T')]);
    await clock.advance(0);
    expect(nameServers.lastTopicsAt('a:1')).toContain('T');
    const soon = registration.registerSoon();
    await clock.advance(1000);
    await soon;
  });

  it('shares one further registration between changes that come while one is under way', async () => {
    nameServers.behaviour.set('a:1', 'silent');
    void registration.registerAll();
    for (const name of ['A', 'B', 'C']) await topics.updateTopicConfigs([topicConfig(name)]);
    nameServers.behaviour.set('a:1', 'answers');
    await clock.advance(24_000);
    expect(nameServers.codesAt('a:1')).toEqual([REGISTER_BROKER, REGISTER_BROKER]);
    expect(nameServers.lastTopicsAt('a:1')).toEqual(expect.arrayContaining(['A', 'B', 'C']));
  });

  it('tries again soon after a failure', async () => {
    nameServers.behaviour.set('a:1', 'refuses');
    expect(await registration.registerAll()).toBe(1);
    nameServers.behaviour.set('a:1', 'answers');
    await clock.advance(2000);
    expect(nameServers.codesAt('a:1')).toHaveLength(2);
  });

  it('registers again soon at a name server whose connection closed, and at no other', async () => {
    await registration.registerAll();
    registration.connectionClosed('b:1');
    registration.connectionClosed('unknown:1');
    await clock.advance(200);
    expect(nameServers.codesAt('a:1')).toHaveLength(1);
    expect(nameServers.codesAt('b:1')).toEqual([REGISTER_BROKER, REGISTER_BROKER]);
  });

  it('does not call a name server without a pause that closes every connection', async () => {
    nameServers.behaviour.set('a:1', 'refuses');
    await registration.registerAll();
    for (let turn = 0; turn < 10; turn++) {
      registration.connectionClosed('a:1');
      await clock.advance(100);
    }
    expect(nameServers.codesAt('a:1')).toHaveLength(1);
  });

  it('takes over which topics are ordered', async () => {
    nameServers.orderTopics = '{"table":{"T":"broker-a:4"}}';
    await topics.updateTopicConfigs([topicConfig('T')]);
    await registration.registerAll();
    expect(topics.isOrderTopic('T')).toBe(true);
  });

  it('says goodbye everywhere, and is silent afterwards', async () => {
    await registration.registerAll();
    nameServers.behaviour.set('b:1', 'silent');
    const stopping = registration.stop();
    await clock.advance(3000);
    await stopping;
    expect(nameServers.codesAt('a:1')).toEqual([REGISTER_BROKER, UNREGISTER_BROKER]);
    await topics.updateTopicConfigs([topicConfig('T')]);
    await clock.advance(60_000);
    expect(nameServers.codesAt('a:1')).toHaveLength(2);
    expect(clock.pendingTimerCount).toBe(0);
  });
});
