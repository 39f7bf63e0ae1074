import { Validations } from 'aws-cdk-lib';
import { HighThroughputChecks } from '../../lib/checks';
import { LocalFactsError } from '../../lib/facts';
import { bundleLambdas } from '../../lambdas/bundle';
import { Phase } from './phase';
import { PaymentReferenceStage } from './payment-reference-stage';
import { referenceApp } from './reference-app';
import { CostsStack } from './stacks/costs-stack';
import { environmentName, environments, monthlyBudgets } from './workload';

/**
 * Synthesizes the payment reference. Context:
 *
 * - `environment`: prod (default), dev or local.
 * - `profile`: serverless (default), or kubernetes: Envoy, Kafka, pods and PostgreSQL on EKS. It has no phases.
 * - `phase`: 1 to 4 (default), how much of the reference is there.
 * - `cells`: how many cells there are in the last phase, in the place of those of the workload: for the steps on the way to them.
 * - `region`: where it is deployed, eu-west-1 by default. No account is named, so nothing is looked up.
 * - `runbookUrl`: https address of docs/runbooks.md where your people read it; alarms link there. None by default.
 * - `disposable`: `true` lets the stacks take their data with them when they go. Refused for prod.
 */
async function main(): Promise<void> {
  await bundleLambdas();
  const app = referenceApp();
  Validations.of(app).addPlugins(new HighThroughputChecks());
  const cells: unknown = app.node.tryGetContext('cells');
  const name = environmentName(app.node.tryGetContext('environment') ?? 'prod');
  const env = { region: app.node.tryGetContext('region') ?? 'eu-west-1' };
  const disposable = String(app.node.tryGetContext('disposable')) === 'true';
  const workload = cells === undefined ? environments[name] : environments[name].with({ cells: Number(cells) });
  const runbookUrl = app.node.tryGetContext('runbookUrl');
  if (profileName(app.node.tryGetContext('profile') ?? 'serverless') === 'kubernetes') {
    // Loaded where it is wanted: nobody else waits for cdk8s.
    const { PaymentKubernetesStage } = await import('./kubernetes/payment-kubernetes-stage.js');
    const reference = new PaymentKubernetesStage(app, `payments-${name}-kubernetes`, { env, environmentName: name, workload, runbookUrl, disposable });
    // What a laptop runs has no bill.
    if (name !== 'local') {
      const { KubernetesCostsStack } = await import('./kubernetes/costs-stack.js');
      new KubernetesCostsStack(app, `payments-${name}-kubernetes-costs`, { env, environmentName: name, reference, monthlyBudget: monthlyBudgets[name], disposable });
    }
    app.synth();
    return;
  }
  const reference = new PaymentReferenceStage(app, `payments-${name}`, {
    env,
    environmentName: name,
    workload,
    runbookUrl,
    phase: Phase.of(app.node.tryGetContext('phase') ?? Phase.SCALE.number),
    disposable,
  });
  // What a laptop runs has no bill.
  if (reference.phase.includes(Phase.SCALE) && name !== 'local') {
    // Last, because the reference is synthesized for it: nothing can be added to it afterwards.
    new CostsStack(app, `payments-${name}-costs`, { env, environmentName: name, reference, monthlyBudget: monthlyBudgets[name], disposable });
  }
  app.synth();
}

/** @throws Error when there is no such profile. */
function profileName(text: unknown): 'kubernetes' | 'serverless' {
  if (text !== 'serverless' && text !== 'kubernetes') {
    throw new Error(`\`profile\` must be one of serverless, kubernetes, got: ${String(text)}`);
  }
  return text;
}

main().catch((error: unknown) => {
  // What somebody stated wrongly needs a sentence, not the way through the code.
  process.stderr.write(`${error instanceof LocalFactsError ? error.message : error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
  // At once: the CDK would synthesize what there is before the process ends by itself.
  process.exit(1);
});
