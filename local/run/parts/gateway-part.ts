import * as path from 'node:path';
import type { GatewayProgram } from '../../engines/gateway';
import type { GatewayPlan } from '../../plan/gateway-plan';
import type { ChildProcess } from '../../processes/child-process';
import type { GatewayHostConfiguration, GatewayHostReady } from '../../processes/gateway-host';
import type { MeasuredGateway } from '../gateway-report';
import type { ChildStarter } from './child-starter';

export interface GatewayPartProps {
  readonly program: GatewayProgram;
  readonly plans: readonly GatewayPlan[];
  /** Ports of the pods of a deployment. */
  readonly portsOf: (deployment: string) => readonly number[];
  /** Of the run; gateways have folders of their own in it. */
  readonly folder: string;
  /** Port of the first one. @default - chosen by the system */
  readonly port?: number;
}

/** The gateways before the pods of a run, one a cell. */
export class GatewayPart implements MeasuredGateway {
  static async start({ folder, plans, port, portsOf, program }: GatewayPartProps, starter: ChildStarter): Promise<GatewayPart> {
    const hosts = await Promise.all(plans.map((plan, index) => starter.start<GatewayHostReady>('gateway-host', {
      program,
      rules: plan.rules,
      pods: plan.pods.map((name) => [name, portsOf(name)]),
      folder: path.join(folder, `gateway-${index + 1}`),
      port: index === 0 ? port : undefined,
    } satisfies GatewayHostConfiguration)));
    return new GatewayPart(program.title, plans, hosts);
  }

  /** What of the template they do not do, or do otherwise, each thing once. */
  readonly leftOut: readonly string[];

  private constructor(
    readonly title: string,
    private readonly plans: readonly GatewayPlan[],
    private readonly hosts: readonly ChildProcess<GatewayHostReady>[],
  ) {
    this.leftOut = [...new Set([...plans.flatMap(({ leftOut }) => leftOut), ...hosts.flatMap(({ ready }) => ready.leftOut)])];
  }

  /** Port on which requests for the pods of a deployment are taken; undefined where no gateway leads to them. */
  portTo(deployment: string): number | undefined {
    return this.hosts[this.plans.findIndex(({ pods }) => pods.includes(deployment))]?.ready.port;
  }

  async microseconds(): Promise<number | undefined> {
    const times = await Promise.all(this.hosts.map((host) => host.request<number | undefined>('microseconds')));
    return times.includes(undefined) ? undefined : times.reduce<number>((sum, time) => sum + time!, 0);
  }

  /** Resolves when every gateway leads requests to a pod. @throws Error when one does not in time */
  async untilReady(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.request('untilReady')));
  }

  /** Lets them finish what they have, and ends them. */
  async stop(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.stop()));
  }
}
