import { PaymentKubernetesStage } from '../../apps/payment-reference/kubernetes/payment-kubernetes-stage';
import { environments } from '../../apps/payment-reference/workload';
import { testApp } from '../support/app';
import { modelFaults, unknownFields } from '../support/kubernetes';
import { chartOf, manifestsOf } from './payment-chart';

const manifests = manifestsOf(chartOf());

describe('the chart of a cell', () => {
  it('is what the published models of its kinds say, and has no field that they do not have', () => {
    expect(modelFaults(manifests)).toEqual([]);
    expect(unknownFields(manifests)).toEqual([]);
  });
});

describe('the stage of the largest environment', () => {
  it('synthesizes a cluster, a topic and pods for each of its cells, within what a stack takes', () => {
    const app = testApp();
    const { workload, name } = { workload: environments.prod, name: 'payments-prod-kubernetes' };
    new PaymentKubernetesStage(app, name, { env: { region: 'eu-west-1' }, environmentName: 'prod', workload });
    const { stacks } = app.synth().getNestedAssembly(`assembly-${name}`);
    expect(stacks.filter(({ stackName }) => /cell\d-pods$/.test(stackName))).toHaveLength(workload.cells);
    expect(stacks.flatMap(({ messages }) => messages.filter(({ level }) => level !== 'info').map(({ entry }) => entry.data))).toEqual([]);
  });
});
