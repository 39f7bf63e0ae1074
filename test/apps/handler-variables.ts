import * as fs from 'node:fs';
import * as path from 'node:path';
import { Environment } from '../../lambdas/runtime/configuration/environment';
import { appliedManifests, type AssemblyStack, type ManifestObject } from '../../lib/topology';
import { root } from '../house/source-files';

/** What a process is given, by the name of its variables. */
export interface Given {
  readonly [name: string]: string;
}

/** A pod of an assembly: what its image is made of, its arguments and its variables. */
export interface PodOfAssembly {
  readonly name: string;
  /** Hash of the asset that its image is. */
  readonly asset: string;
  readonly args: readonly string[];
  readonly variables: Given;
}

interface Container {
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
}

/** What a Deployment, Job or CronJob states of its pods. */
interface MakesPods {
  readonly template?: { readonly spec: { readonly containers?: readonly Container[] } };
  readonly jobTemplate?: { readonly spec: MakesPods };
}

/** The pods that a stack applies, but for those whose image is none of its assets. What only a deployment knows has a value of its kind. */
export function podsOf(stack: AssemblyStack): PodOfAssembly[] {
  return [...appliedManifests(stack).files.values()].flat().flatMap((object) => {
    const container = containerOf(object);
    const asset = /container-assets-[^:@]*:([0-9a-f]{64})$/.exec(container?.image ?? '')?.[1];
    return container === undefined || asset === undefined ? [] : [{
      name: object.metadata.name,
      asset,
      args: container.args ?? [],
      variables: Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, known(value)])),
    }];
  });
}

function containerOf(object: ManifestObject): Container | undefined {
  const spec = object.spec as MakesPods | undefined;
  return (spec?.template ?? spec?.jobTemplate?.spec.template)?.spec.containers?.[0];
}

/** What a value looks like that only a deployment knows, by the end of its name. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/Port[^.]{0,12}$/, '5433'], [/Brokers$/, 'b-1.example:9098'], [/(JwtIssuer|JwtKeySetEndpoint)[0-9A-F]*$/, 'https://id.example'],
];

/** `${stack.Cluster.Endpoint.Port}` as a port, brokers as brokers, anything else as a name. */
function known(value: string): string {
  return value.replace(/\$\{([^}]+)\}/g, (_, name: string) => KNOWN.find(([kind]) => kind.test(name))?.[1] ?? `known-${name.length}.example`);
}

/** Variables that remember which of them were read. */
export class WatchedVariables {
  readonly read = new Set<string>();
  readonly variables: Record<string, string>;

  constructor(readonly given: Given) {
    this.variables = new Proxy({ ...given }, {
      get: (target, name) => {
        this.read.add(String(name));
        return Reflect.get(target, name) as string | undefined;
      },
    });
  }

  get environment(): Environment {
    return new Environment(this.variables);
  }

  /**
   * Given variables that nobody asked for, and that the start of the handler does not name either.
   *
   * @param handler folder in `lambdas/`
   */
  unread(handler: string): string[] {
    const start = fs.readFileSync(path.join(root, 'lambdas', handler, 'index.ts'), 'utf8');
    return Object.keys(this.given).filter((name) => !this.read.has(name) && !PLATFORM.has(name) && !start.includes(`'${name}'`));
  }
}

/** Read by Node.js itself, and by what signs calls of AWS. */
const PLATFORM = new Set(['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'AWS_REGION']);
