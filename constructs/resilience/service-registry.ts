import { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as servicediscovery from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import type { StatelessTier } from '../compute/stateless-tier';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { requireDurationBetween, requirePattern } from '../validation';

/** Properties of `ServiceRegistry`. */
export interface ServiceRegistryProps {
  /** Network in which the names are known; nowhere else are they. */
  readonly vpc: ec2.IVpc;

  /** Domain under which services have their names, for example `payments.internal`. It hides a public domain of that name inside the network. */
  readonly domain: string;

  /**
   * How long a client may believe an address, 1 second or more. A task that is gone is asked for so long.
   *
   * @default Duration.seconds(10)
   */
  readonly timeToLive?: Duration;

  /**
   * CDK's own properties of the namespace, laid over what this construct decides.
   *
   * @default - none
   */
  readonly namespaceProps?: servicediscovery.PrivateDnsNamespaceProps;
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL_RULE = 'lower-case letters, digits and dashes, at most 63 characters';

/**
 * Names for services that call each other inside a network: tasks are registered as they start and taken out as they stop, so that a
 * client needs a name and no load balancer. Built on AWS Cloud Map with private DNS.
 */
export class ServiceRegistry extends Construct {
  /** Where the names lie. */
  readonly namespace: servicediscovery.PrivateDnsNamespace;
  /** The services that were registered, by name. */
  readonly services: { readonly [name: string]: servicediscovery.IService } = {};

  private readonly timeToLive: Duration;

  constructor(scope: Construct, id: string, private readonly props: ServiceRegistryProps) {
    super(scope, id);
    requirePattern('domain', props.domain, /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a domain in lower-case letters');
    requireDurationBetween('timeToLive', props.timeToLive, Duration.seconds(1), LIMITS.registry.timeToLive);
    this.timeToLive = props.timeToLive ?? DEFAULTS.registry.timeToLive;
    this.namespace = new servicediscovery.PrivateDnsNamespace(this, 'Namespace', { vpc: props.vpc, name: props.domain, ...props.namespaceProps });
  }

  /**
   * Gives the tasks of a tier a name: each that is healthy is an address of it. Whoever calls them must be let in as well:
   * `tier.service.connections.allowFrom(client, ec2.Port.tcp(tier.containerPort))`.
   *
   * @param name lower-case letters, digits and dashes, at most 63 characters
   * @throws Error for a name that is taken.
   */
  register(name: string, tier: StatelessTier): servicediscovery.IService {
    this.requireFree(name);
    const service = tier.service.enableCloudMap({
      name,
      cloudMapNamespace: this.namespace,
      dnsRecordType: servicediscovery.DnsRecordType.A,
      dnsTtl: this.timeToLive,
      container: tier.container,
    });
    return this.keep(name, service);
  }

  /**
   * Gives something that has a name of its own, a database or a cache, a name in this registry, so that clients keep theirs when it moves.
   *
   * @param name lower-case letters, digits and dashes, at most 63 characters
   * @param host name that it answers to
   * @throws Error for a name that is taken.
   */
  registerHost(name: string, host: string): servicediscovery.IService {
    this.requireFree(name);
    const service = new servicediscovery.Service(this, name, {
      namespace: this.namespace,
      name,
      dnsRecordType: servicediscovery.DnsRecordType.CNAME,
      dnsTtl: this.timeToLive,
      routingPolicy: servicediscovery.RoutingPolicy.WEIGHTED,
    });
    service.registerCnameInstance('Host', { instanceCname: host });
    return this.keep(name, service);
  }

  /**
   * Name that a client asks for.
   *
   * @throws Error for a service that is not registered.
   */
  hostOf(name: string): string {
    if (!this.services[name]) {
      throw new Error(`\`name\` must be one of ${Object.keys(this.services).join(', ') || 'none'}, got: ${name}`);
    }
    return `${name}.${this.props.domain}`;
  }

  /** Right to ask AWS Cloud Map itself for the instances of the services registered here; DNS needs none. */
  grantDiscover(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['servicediscovery:DiscoverInstances'],
      resourceArns: [this.namespace.namespaceArn, ...Object.values(this.services).map(({ serviceArn }) => serviceArn)],
    });
  }

  private requireFree(name: string): void {
    requirePattern('name', name, LABEL, LABEL_RULE);
    if (this.services[name]) {
      throw new Error(`\`name\` must differ from those of the other services, got: ${name} twice`);
    }
  }

  private keep(name: string, service: servicediscovery.IService): servicediscovery.IService {
    (this.services as { [name: string]: servicediscovery.IService })[name] = service;
    return service;
  }
}
