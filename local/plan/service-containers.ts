import type { Topology, TopologyResource } from '../../lib/topology';

/** A container of a task, as far as the run looks at it. */
export interface ServiceContainer {
  readonly Name?: string;
  readonly Image: string;
  readonly Environment?: readonly { readonly Name: string; readonly Value: string }[];
}

/** The containers of a service's tasks: its own, and those beside it, which do not run here. */
export interface ServiceContainers {
  /** Where the task is defined. */
  readonly definition?: TopologyResource;
  /** The one that load balancers send requests to; without any the first. */
  readonly own?: ServiceContainer;
  readonly sidecars: readonly ServiceContainer[];
}

/** The containers of a service. A sidecar looks at or helps the one beside it: what that does for a payment it does alone as well. */
export function serviceContainers(service: TopologyResource, topology: Topology): ServiceContainers {
  const definition = topology.find(String(service.properties.TaskDefinition));
  const containers = (definition?.properties.ContainerDefinitions ?? []) as unknown as readonly ServiceContainer[];
  const [front] = (service.properties.LoadBalancers ?? []) as unknown as readonly { readonly ContainerName?: string }[];
  const own = containers.find(({ Name }) => Name !== undefined && Name === front?.ContainerName) ?? containers[0];
  return { definition, own, sidecars: containers.filter((it) => it !== own) };
}

/** Names of all sidecars of an assembly, with the service that they stand beside. */
export function sidecarsOf(topology: Topology): string[] {
  return topology.ofType('AWS::ECS::Service')
    .flatMap((service) => serviceContainers(service, topology).sidecars.map(({ Name }) => `${Name ?? 'unnamed'} of ${service.constructPath}`));
}
