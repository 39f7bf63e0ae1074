import { GatewayHost, type GatewayProgram, type GatewayRules } from '../engines/gateway';
import { serveParent } from './serve-parent';

export interface GatewayHostConfiguration {
  readonly program: GatewayProgram;
  readonly rules: GatewayRules;
  /** Ports of the pods of each deployment. */
  readonly pods: readonly (readonly [deployment: string, ports: readonly number[]])[];
  readonly folder: string;
  /** @default - chosen by the system */
  readonly port?: number;
}

/** What the gateway host tells when it serves. */
export interface GatewayHostReady {
  readonly port: number;
  /** Rules that the program cannot carry out, each with why. */
  readonly leftOut: readonly string[];
}

serveParent<GatewayHostConfiguration>(async ({ folder, pods, port, program, rules }, emit) => {
  const host = await GatewayHost.start({
    program, rules, folder, port,
    pods: new Map(pods),
    onOutput: (text) => process.stderr.write(text),
    onUnexpectedEnd: (error) => emit('failed', error.message),
  });
  return {
    ready: { port: host.port, leftOut: host.leftOut } satisfies GatewayHostReady,
    requests: {
      microseconds: () => host.microseconds(),
      untilReady: () => host.untilReady(),
    },
    stop: () => host.close(),
  };
});
