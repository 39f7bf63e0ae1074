import * as fs from 'node:fs';
import * as path from 'node:path';
import { Size, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { assetFolder, CapacityMix, FeatureConfig, NetworkFoundation, Rate, ServiceRegistry, StatelessTier, TokenVault, Workload } from '../../../index';
import { Topology } from '../../../lib/topology';
import { checkCoverage } from '../../../local/plan/coverage';
import { planRun } from '../../../local/plan/run-plan';
import { testApp } from '../../support/app';
import { temporaryFolder } from '../run/cht';

describe('a service with sidecars, a name, features, and a vault beside it', () => {
  const folder = temporaryFolder();
  let topology: Topology;

  beforeAll(() => {
    const outdir = path.join(folder, 'out');
    const app = testApp({ outdir });
    const stack = new Stack(app, 'Test', { env: { region: 'eu-west-1' } });
    const network = new NetworkFoundation(stack, 'Network');
    const workload = new Workload({ peak: Rate.perSecond(1000) });
    const capacity = new CapacityMix(stack, 'Capacity', { workload, vpc: network.vpc, instances: { subnets: network.applicationSubnets } });
    const tier = new StatelessTier(stack, 'Api', {
      workload, capacity, vpc: network.vpc, taskSubnets: network.applicationSubnets, image: ecs.ContainerImage.fromAsset(assetFolder('payment-api')),
      environment: { STREAM_NAME: 'payments' },
      sidecars: [{ name: 'collector', image: ecs.ContainerImage.fromRegistry('example.org/collector:1'), memory: Size.mebibytes(256) }],
    });
    const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'Balancer', { vpc: network.vpc });
    const targetGroup = new elbv2.ApplicationTargetGroup(stack, 'Targets', { vpc: network.vpc, port: 8080, targetType: elbv2.TargetType.IP });
    loadBalancer.addListener('Http', { port: 8443, protocol: elbv2.ApplicationProtocol.HTTP, defaultTargetGroups: [targetGroup] });
    tier.receiveFrom({ name: 'Public', loadBalancer, targetGroup });
    new ServiceRegistry(stack, 'Registry', { vpc: network.vpc, domain: 'payments.internal' }).register('api', tier);
    new FeatureConfig(stack, 'Features', { content: {}, schema: { type: 'object' }, rollbackAlarms: [tier.alarms.alarms.Cpu] });
    new TokenVault(stack, 'Vault');
    app.synth();
    topology = Topology.read(outdir);
  });

  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('is known in every property, and its sidecars are named as what does not run', () => {
    expect(checkCoverage(topology).details).toContainEqual('Sidecars that do not run here: collector of Test/Api/Service/Service.');
  });

  it('runs the container that load balancers send requests to, with its heap bounded as on AWS', () => {
    const [service] = planRun(topology).services;
    expect(fs.readdirSync(service.codeFolder)).toContain('index.js');
    expect(service.environment).toMatchObject({ STREAM_NAME: 'payments', NODE_OPTIONS: expect.stringMatching(/^--max-old-space-size=\d+$/) });
  });
});
