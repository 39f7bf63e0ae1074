import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Topology } from '../../../lib/topology';
import { checkCoverage } from '../../../local/plan/coverage';
import { localCacheVariables, planCaches } from '../../../local/plan/cache-plan';

const ref = (logicalId: string, attribute: string): object => ({ 'Fn::GetAtt': [logicalId, attribute] });
const joined = (logicalId: string, name: string): object => ({ 'Fn::Join': [':', [ref(logicalId, `${name}.Address`), ref(logicalId, `${name}.Port`)]] });

/** An assembly of one stack, as the CDK writes it. */
function topologyOf(resources: object): Topology {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'caches-'));
  try {
    fs.writeFileSync(path.join(folder, 'data.template.json'), JSON.stringify({ Resources: resources }));
    fs.writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify({
      version: '48.0.0',
      artifacts: { data: { type: 'aws:cloudformation:stack', environment: 'aws://111122223333/eu-west-1', properties: { templateFile: 'data.template.json' } } },
    }));
    return Topology.read(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const GROUP = { Type: 'AWS::ElastiCache::ReplicationGroup', Properties: { ReplicationGroupDescription: 'x', Engine: 'valkey', NumNodeGroups: 2, Port: 7379 } };
const SERVERLESS = { Type: 'AWS::ElastiCache::ServerlessCache', Properties: { ServerlessCacheName: 'Hot-Cache', Engine: 'valkey' } };
const client = (endpoints: object): object => ({ Type: 'Custom::Client', Properties: { CACHE_ENDPOINTS: endpoints } });

describe('the caches of an assembly', () => {
  const topology = topologyOf({
    Nodes: GROUP,
    Serverless: SERVERLESS,
    A: client(joined('Nodes', 'ConfigurationEndPoint')),
    B: client(joined('Serverless', 'Endpoint')),
    C: client({ 'Fn::Join': [',', [joined('Nodes', 'PrimaryEndPoint'), joined('Nodes', 'ReaderEndPoint')]] }),
    D: client(joined('Serverless', 'ReaderEndpoint')),
  });
  const told = topology.ofType('Custom::Client').map(({ properties }) => String(properties.CACHE_ENDPOINTS));

  it('have endpoints of the form of ElastiCache\'s', () => {
    expect(told).toEqual([
      'clustercfg.data-nodes.cache.eu-west-1.amazonaws.com:7379',
      'hot-cache.serverless.cache.eu-west-1.amazonaws.com:6379',
      'master.data-nodes.cache.eu-west-1.amazonaws.com:7379,replica.data-nodes.cache.eu-west-1.amazonaws.com:7379',
      'hot-cache.serverless.cache.eu-west-1.amazonaws.com:6380',
    ]);
  });

  it('are run, and their clients find them here, without encryption and login', () => {
    const caches = planCaches(topology);
    expect(caches).toEqual([{ name: 'data-Nodes' }, { name: 'Hot-Cache' }]);
    const here = new Map(caches.map(({ name }, index) => [name, `127.0.0.1:${7_000 + index}`]));
    const found = told.map((endpoints) => localCacheVariables({ CACHE_ENDPOINTS: endpoints, CACHE_TLS: 'true', CACHE_USER: 'app', CACHE_NAME: 'x' }, here));
    expect(found.map(({ CACHE_ENDPOINTS: endpoints }) => endpoints)).toEqual(['127.0.0.1:7000', '127.0.0.1:7001', '127.0.0.1:7000', '127.0.0.1:7001']);
    expect(found[0]).toMatchObject({ CACHE_TLS: 'false', CACHE_USER: '', CACHE_NAME: '', CACHE_MODE: 'cluster' });
  });

  it('are covered property by property', () => {
    expect(checkCoverage(topology).summary.join(' ')).toContain('1 caches, 1 serverless caches');
    const unknown = topologyOf({ Nodes: { ...GROUP, Properties: { ...GROUP.Properties, NewThing: true } } });
    expect(() => checkCoverage(unknown)).toThrow('AWS::ElastiCache::ReplicationGroup.NewThing');
  });
});
