import { App, Chart } from '../../../constructs/kubernetes/cdk8s';
import type { Construct } from 'constructs';
import { Rate, Workload } from '../../../lib/workload';
import type { Manifest } from '../../support/kubernetes';

export const IMAGE = `public.ecr.aws/example/payment-api@sha256:${'a'.repeat(64)}`;
export const WORKLOAD = new Workload({ peak: Rate.perSecond(25_000) });

/** Puts something into a chart and gives its objects as they stand in the manifest. */
export function manifests(build: (scope: Construct) => void): Manifest[] {
  const chart = new Chart(new App(), 'chart', { namespace: 'pay' });
  build(chart);
  return JSON.parse(JSON.stringify(chart.toJson())) as Manifest[];
}

/** The only object of a kind. */
export function only(objects: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = objects.filter((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
  if (found.length !== 1) {
    throw new Error(`${found.length} of ${kind} ${name ?? ''}`);
  }
  return found[0];
}

/** A value deep in an object: `spec.template.spec`. */
export function at(object: Manifest, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as { readonly [name: string]: unknown } | undefined)?.[key], object);
}
