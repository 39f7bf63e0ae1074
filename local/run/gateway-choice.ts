import { findGateway, GATEWAY_PROGRAMS, type GatewayProgram, type GatewayProgramName } from '../engines/gateway';
import type { GatewayPlan } from '../plan/gateway-plan';
import type { RunPlan } from '../plan/run-plan';
import { RunError } from './run-error';

/** What can stand before the API: a certain program, the first that is there, or none. */
export const GATEWAY_CHOICES = ['auto', ...GATEWAY_PROGRAMS, 'none'] as const;
export type GatewayChoice = (typeof GATEWAY_CHOICES)[number];

/** Gateways of a plan that lead to pods which run here. */
export function gatewaysOf(plan: Pick<RunPlan, 'gateways' | 'pods'>): GatewayPlan[] {
  const services = plan.pods.filter(({ role }) => role === 'service').map(({ name }) => name);
  return plan.gateways.filter(({ pods }) => pods.every((name) => services.includes(name)));
}

/**
 * The program that stands before the pods of a plan.
 *
 * @param searchPath folders to look in. @default - the PATH
 * @returns undefined where none is to, or nothing leads to pods, or `auto` finds none
 * @throws RunError where a certain one is asked for that is not there, or that would have nothing to do
 */
export function chooseGateway(choice: GatewayChoice, plan: Pick<RunPlan, 'gateways' | 'pods'>, searchPath?: string): GatewayProgram | undefined {
  if (choice === 'none') {
    return undefined;
  }
  const hasWork = gatewaysOf(plan).length > 0;
  if (choice === 'auto') {
    return hasWork ? findGateway(undefined, searchPath) : undefined;
  }
  if (!hasWork) {
    throw new RunError(`--gateway ${choice} needs a Gateway with an HTTPRoute that leads to pods of this assembly, such as --profile kubernetes has: leave it out.`);
  }
  return findGateway([choice], searchPath) ?? missing(choice);
}

function missing(name: GatewayProgramName): never {
  throw new RunError(`--gateway ${name}: no ${name} on the PATH that runs here and is new enough. Install one (its package is called ${name}; Linux puts it into`
    + ' /usr/sbin, which has to be on the PATH), or take --gateway none.');
}

/** The plan as it runs behind a gateway, which divides requests over several pods. */
export function behindGateway(plan: RunPlan): RunPlan {
  const led = new Set(gatewaysOf(plan).flatMap(({ pods }) => pods));
  return { ...plan, pods: plan.pods.map((pod) => (led.has(pod.name) ? { ...pod, replicas: pod.replicasBehindGateway } : pod)) };
}

/** Says what stands before the API, and what of the template it does not do; nothing where the template has no gateway. */
export function gatewayLines(plan: Pick<RunPlan, 'gateways' | 'pods'>, gateway: { readonly title: string; readonly leftOut: readonly string[] } | undefined): string[] {
  const plans = gatewaysOf(plan);
  if (plans.length === 0) {
    return [];
  }
  if (gateway === undefined) {
    return ['Gateway: none stands before the API here; clients call its pod. With haproxy or nginx on the PATH one would (--gateway).'];
  }
  const each = plans.map(({ name, pods, proxies }) => {
    const replicas = plan.pods.filter((pod) => pods.includes(pod.name)).reduce((sum, pod) => sum + pod.replicas, 0);
    return `${name} (${replicas} pods; one process with the limits of ${proxies} proxies)`;
  });
  return [`Gateway: ${gateway.title} for ${each.join(', ')}. It does not do what Envoy would of: ${gateway.leftOut.join('; ')}.`];
}
