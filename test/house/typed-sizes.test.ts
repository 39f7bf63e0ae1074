import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';
import { root, sourceFiles } from './source-files';

/** What somebody states: the one file in which numbers are typed. */
const STATED = path.join('apps', 'payment-reference', 'workload.ts');

/** Numbers that say nothing about a size: indices, flags, factors between units. */
const HARMLESS = new Set(['0', '1', '1000', '1024', '60', '3600', '86_400']);

/** Numbers that belong to a protocol or to the form of a name, with the reason. */
const ALLOWED: readonly (readonly [file: string, number: string, reason: string])[] = [
  ['constructs/resilience/feature-config.ts', '100', 'percent'],
  ['constructs/cost/cost-guard.ts', '100', 'percent'],
  ['constructs/cost/unit-cost.ts', '1_000_000', 'a million'],
  ['constructs/cost/unit-cost.ts', '2', 'the day before yesterday'],
  ['constructs/resilience/recovery-plan.ts', '7', 'days of a week'],
  ['apps/payment-reference/phase.ts', '2', 'the number of a phase is its name'],
  ['apps/payment-reference/phase.ts', '3', 'the number of a phase is its name'],
  ['apps/payment-reference/phase.ts', '4', 'the number of a phase is its name'],
  ['constructs/compute/instance-capacity.ts', '443', 'HTTPS'],
  ['constructs/compute/stateless-tier.ts', '100', 'percent'],
  ['constructs/compute/stateless-tier.ts', '443', 'HTTPS'],
  ['constructs/cache/cache-alarms.ts', '100', 'percent'],
  ['constructs/database/database-alarms.ts', '100', 'percent'],
  ['constructs/database/database-proxies.ts', '100', 'percent'],
  ['constructs/table/table-billing.ts', '100', 'percent'],
  ['constructs/compute/stateless-tier.ts', '65_535', 'ports have 16 bits'],
  ['constructs/edge/http.ts', '443', 'HTTPS'],
  ['constructs/edge/http.ts', '404', 'HTTP status'],
  ['constructs/edge/http.ts', '413', 'HTTP status'],
  ['constructs/edge/http.ts', '429', 'HTTP status'],
  ['constructs/edge/web-acl-log.ts', '2', 'third part of the id of a stack'],
  ['constructs/edge/web-acl-log.ts', '8', 'characters of a hash in a name'],
  ['constructs/edge/public-web-acl.ts', '128', 'length of a name'],
  ['constructs/observability/collector-configuration.ts', '100', 'percent'],
  ['constructs/observability/telemetry-collector.ts', '100', 'percent'],
  ['constructs/observability/telemetry-collector.ts', '1_000_000', 'a million'],
  ['constructs/security/network-foundation.ts', '443', 'HTTPS'],
  ['constructs/security/network-foundation.ts', '2', 'a load balancer takes no fewer zones'],
  ['constructs/security/data-keys.ts', '200', 'length of a name'],
  ['constructs/security/private-bucket.ts', '1.2', 'version of TLS'],
  ['constructs/kubernetes/gateway-tier.ts', '443', 'HTTPS'],
  ['constructs/kubernetes/namespace-baseline.ts', '53', 'DNS'],
  ['constructs/kubernetes/node-capacity-mix.ts', '65_535', 'the user nobody of an image'],
  ['constructs/kubernetes/task-pods.ts', '10', 'characters of a hash in a name'],
  ['constructs/kubernetes-cluster/kubernetes-cluster.ts', '443', 'HTTPS'],
  ['constructs/kubernetes-cluster/kubernetes-cluster.ts', '65_535', 'ports have 16 bits'],
  ['constructs/kubernetes-cluster/kubernetes-cluster.ts', '2', 'Karpenter runs twice, on nodes that differ'],
  ['apps/payment-reference/kubernetes/ports.ts', '443', 'HTTPS'],
  ['apps/payment-reference/kubernetes/ports.ts', '80', 'the agent of EKS Pod Identity'],
  ['apps/payment-reference/kubernetes/ports.ts', '10_443', 'where Envoy Gateway listens for 443'],
  ['apps/payment-reference/kubernetes/ports.ts', '18_000', 'the xDS port of Envoy Gateway'],
  ['apps/payment-reference/kubernetes/ports.ts', '8_081', 'the gRPC port of its rate limit service'],
  ['apps/payment-reference/kubernetes/ports.ts', '15_008', 'HBONE of Istio'],
  ['apps/payment-reference/kubernetes/ports.ts', '19_001', 'what a proxy of Envoy Gateway counts'],
  ['apps/payment-reference/kubernetes/ports.ts', '19_002', 'what ends a proxy of Envoy Gateway'],
  ['apps/payment-reference/kubernetes/ports.ts', '19_003', 'whether a proxy of Envoy Gateway is ready'],
  ['constructs/kubernetes/prometheus-expressions.ts', '100', 'percent'],
  ['constructs/sizing-metadata.ts', '2', 'exponent: KiB, MiB, GiB'],
  ['constructs/sizing-metadata.ts', '3', 'exponent: KiB, MiB, GiB'],
];

function numbersOf(file: string): string[] {
  const source = ts.createSourceFile(file, fs.readFileSync(path.join(root, file), 'utf8'), ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNumericLiteral(node)) {
      found.push(node.getText(source));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const typed = sourceFiles(['constructs', 'apps'])
  .filter((file) => file !== STATED)
  .flatMap((file) => numbersOf(file).map((number) => ({ file: file.split(path.sep).join('/'), number })))
  .filter(({ number }) => !HARMLESS.has(number));

describe('sizes', () => {
  it('are never typed by hand in constructs and apps: they come from the sizing, or are facts', () => {
    const unexplained = typed.filter(({ file, number }) => !ALLOWED.some(([where, what]) => where === file && what === number));
    expect(unexplained).toEqual([]);
  });

  it('that are allowed are there', () => {
    const gone = ALLOWED.filter(([file, number]) => !typed.some((it) => it.file === file && it.number === number));
    expect(gone).toEqual([]);
  });
});
