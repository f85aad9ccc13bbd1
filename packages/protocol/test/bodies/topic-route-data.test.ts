import { describe, expect, it } from 'vitest';
import { ClusterInfo, TopicRouteData } from '../../src/index.ts';

const route: TopicRouteData = {
  queueDatas: [{ brokerName: 'broker-a', perm: 6, readQueueNums: 4, writeQueueNums: 8, topicSysFlag: 0 }],
  brokerDatas: [
    {
      brokerName: 'broker-a',
      cluster: 'DefaultCluster',
      brokerAddrs: new Map([
        [0, '10.0.0.1:10911'],
        [2, '[2001:db8::1]:10911'],
      ]),
      enableActingMaster: false,
    },
  ],
  filterServerTable: new Map(),
};

/** How Go's client reads broker addresses: it cuts the text, and parses no JSON inside. */
function goBrokerAddrs(text: string): [string, string][] {
  const object = /"brokerAddrs":(\{.*?\})/.exec(text)?.[1] ?? '';
  return object
    .replaceAll(/[{}]/g, '')
    .split(',')
    .map((entry) => {
      const colon = entry.indexOf(':');
      return [entry.slice(0, colon).replaceAll('"', ''), entry.slice(colon + 1).replaceAll('"', '')];
    });
}

describe('a route', () => {
  it('is written so that cutting its text finds the addresses', () => {
    const text = TopicRouteData.encode(route).toString();
    expect(text).not.toMatch(/\s/);
    expect(goBrokerAddrs(text)).toEqual([
      ['0', '10.0.0.1:10911'],
      ['2', '[2001:db8::1]:10911'],
    ]);
    expect(JSON.parse(text)).toBeDefined();
  });

  it('comes back', () => {
    expect(TopicRouteData.decode(TopicRouteData.encode(route))).toEqual(route);
    const ordered = { ...route, orderTopicConf: 'broker-a:8' };
    expect(TopicRouteData.decode(TopicRouteData.encode(ordered))).toEqual(ordered);
  });

  it('is read from an old server, which spells a member otherwise', () => {
    const text =
      '{"brokerDatas":[{"brokerAddrs":{0:"a:1"},"brokerName":"b"}],"queueDatas":[{"brokerName":"b","topicSynFlag":3}]}';
    const { queueDatas, brokerDatas } = TopicRouteData.decode(Buffer.from(text));
    expect(queueDatas[0]?.topicSysFlag).toBe(3);
    expect(brokerDatas[0]?.brokerAddrs).toEqual(new Map([[0, 'a:1']]));
  });
});

it('a cluster is written with every key in quotes', () => {
  const [brokerData] = route.brokerDatas;
  if (brokerData === undefined) throw new Error('the route above has a broker');
  const cluster: ClusterInfo = {
    brokerAddrTable: new Map([['broker-a', brokerData]]),
    clusterAddrTable: new Map([['DefaultCluster', ['broker-a']]]),
  };
  expect(JSON.parse(ClusterInfo.encode(cluster).toString())).toMatchObject({
    brokerAddrTable: { 'broker-a': { brokerAddrs: { 0: '10.0.0.1:10911' } } },
  });
  expect(ClusterInfo.decode(ClusterInfo.encode(cluster))).toEqual(cluster);
});
