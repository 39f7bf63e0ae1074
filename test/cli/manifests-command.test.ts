import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, CfnParameter, CfnResource, Stack } from 'aws-cdk-lib';
import { PaymentKubernetesStage } from '../../apps/payment-reference/kubernetes/payment-kubernetes-stage';
import { environments } from '../../apps/payment-reference/workload';
import { assemblyManifests, checkStack } from '../../cli/assembly-manifests';
import { readManifests } from '../../cli/manifest-files';
import { manifestsCommand } from '../../cli/manifests';
import { cht, temporaryFolder } from '../local/run/cht';
import { testApp } from '../support/app';

jest.setTimeout(60_000);

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels: { 'aws.cdk.eks/prune-c8': '', 'app': 'a' } }, data: { region: 'x' } };

describe('cht manifests', () => {
  const folder = temporaryFolder();
  const reference = path.join(folder, 'reference');
  const plain = path.join(folder, 'plain');
  const faulty = path.join(folder, 'faulty');
  const empty = path.join(folder, 'empty');
  const pods = 'payments-dev-kubernetes-cell1-pods';

  function synthesize(outdir: string, build: (stack: Stack) => void): void {
    const app = new App({ outdir });
    build(new Stack(app, 'Plain', { env: { region: 'eu-west-1' } }));
    app.synth();
  }

  function apply(stack: Stack, manifest: object): void {
    new CfnResource(stack, 'Chart', { type: 'Custom::AWSCDK-EKS-KubernetesResource', properties: { Manifest: stack.toJsonString([manifest]) } });
  }

  beforeAll(() => {
    const app = testApp({ outdir: reference });
    new PaymentKubernetesStage(app, 'payments-dev-kubernetes', { environmentName: 'dev', workload: environments.dev, env: { region: 'eu-west-1' } });
    app.synth();
    synthesize(plain, (stack) => {
      const host = new CfnParameter(stack, 'Host');
      const size = new CfnParameter(stack, 'Size', { default: '3' });
      apply(stack, { ...CONFIG_MAP, data: { host: `https://${host.valueAsString}/`, size: size.valueAsString, region: stack.region, account: stack.account } });
    });
    synthesize(faulty, (stack) => apply(stack, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace: 'pay' }, stringData: { key: 's3cret' } }));
    synthesize(empty, (stack) => void new CfnParameter(stack, 'Nothing'));
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('writes what the reference applies, checked, and lists what only a deployment knows', async () => {
    const out = path.join(folder, 'out');
    const { exitCode, output } = await cht(['manifests', reference, '--out', out]);
    expect(output).toMatch(/cell1-pods\n\d+ objects: 0 errors, 0 warnings, 0 acknowledged\n/);
    expect(output).toContain(`${pods}.Brokers`);
    expect(exitCode).toBe(0);
    const kinds = readManifests(path.join(out, pods)).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['Deployment', 'Gateway', 'NodePool', 'ScaledObject', 'PrometheusRule', 'AuthorizationPolicy']));
    expect(kinds[0]).toBe('Namespace');
    expect(fs.readFileSync(path.join(out, pods, fs.readdirSync(path.join(out, pods))[0]), 'utf8')).not.toContain('aws.cdk.eks/prune');
  });

  it('names images of the account by their content, which the rules take', () => {
    const stack = assemblyManifests(reference, { [pods]: { AccountId: '111122223333', URLSuffix: 'amazonaws.com' } }).find(({ stackName }) => stackName === pods)!;
    const images = JSON.stringify([...stack.files.values()]).match(/"image":"[^"]+"/g)!.filter((image) => image.includes('container-assets'));
    expect(new Set(images).size).toBe(4);
    images.forEach((image) => expect(image).toMatch(/"111122223333\.dkr\.ecr\.eu-west-1\.amazonaws\.com\/cdk-hnb659fds-container-assets-111122223333-eu-west-1:[0-9a-f]{64}"$/));
    expect(checkStack(stack).violations).toEqual([]);
  });

  it('puts in what is known, and its own labels stay', () => {
    const [{ files, unknown }] = assemblyManifests(plain, { Plain: { Host: 'pay.example.com"', AccountId: '111122223333' } });
    expect([...files.values()].flat()).toEqual([{
      ...CONFIG_MAP,
      metadata: { name: 'a', labels: { app: 'a' } },
      data: { host: 'https://pay.example.com"/', size: '3', region: 'eu-west-1', account: '111122223333' },
    }]);
    expect(unknown).toEqual([]);
  });

  it('leaves a name where a value is not known', () => {
    const [{ files, unknown }] = assemblyManifests(plain);
    expect([...files.values()].flat()[0]).toMatchObject({ data: { host: 'https://${Plain.Host}/', account: '${Plain.AccountId}' } });
    expect(unknown).toEqual(['Plain.AccountId', 'Plain.Host']);
  });

  it('writes nothing where a rule finds an error', async () => {
    const out = path.join(folder, 'none');
    const { exitCode, output } = await cht(['manifests', faulty, '--out', out]);
    expect(exitCode).toBe(1);
    expect(output).toContain('HT-KUBERNETES-032');
    expect(fs.existsSync(out)).toBe(false);
  });

  it.each<[string, () => string[], Readonly<Record<string, string>>, string]>([
    ['two assemblies', () => [plain, faulty], {}, 'One assembly at a time'],
    ['no assembly', () => [folder], {}, 'is not a cloud assembly'],
    ['values that are none', () => [plain], { values: path.join(plain, 'manifest.json') }, 'it must be {"STACK": {"NAME": "value"}}'],
    ['values that are not there', () => [plain], { values: '/nowhere.json' }, '--values /nowhere.json'],
    ['an assembly without any', () => [empty], {}, 'no stack applies a manifest to a cluster of EKS'],
  ])('refuses %s in one sentence', async (_, positionals, values, message) => {
    await expect(manifestsCommand.run({ positionals: positionals(), values: { ...values, out: path.join(folder, 'never') } })).rejects.toThrow(message);
  });

  it('are checked by cht check as well', async () => {
    const { exitCode, output } = await cht(['check', faulty, '--json']);
    expect(exitCode).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ manifests: { Plain: { violations: [{ rule: 'HT-KUBERNETES-032' }] } } });
  });
});
