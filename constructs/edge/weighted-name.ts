import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { requireIntegerBetween, requirePattern } from '../validation';

/** Properties of `WeightedName`. */
export interface WeightedNameProps {
  /** Zone of the name. */
  readonly hostedZone: route53.IHostedZone;

  /** The name, `api` or `api.example.org`: relative to the zone, or complete. */
  readonly recordName: string;
}

/** One cell behind a name. */
export interface WeightedCell {
  /** Name of the cell, different from the others behind the name: letters, digits, `_` and `-`, at most 64. */
  readonly cell: string;

  /** Where the cell takes requests. */
  readonly loadBalancer: elbv2.IApplicationLoadBalancer;

  /**
   * Share of the requests that the cell gets, against the weights of the others: 0 to 255. With 0 it gets none.
   *
   * @default 100, so that 1 is a trial
   */
  readonly weight?: number;
}

/**
 * A name that spreads its clients over cells by weight, and passes over cells whose load balancer has no healthy target. Cells in stacks of
 * their own make one each, with the same name.
 */
export class WeightedName extends Construct {
  /** The name, complete. */
  readonly domainName: string;
  /** The records, by cell. */
  readonly records: { readonly [cell: string]: route53.ARecord } = {};

  constructor(scope: Construct, id: string, private readonly props: WeightedNameProps) {
    super(scope, id);
    requirePattern('recordName', props.recordName, /^(\*\.)?[A-Za-z0-9_]([\w-]*\w)?(\.[\w-]+)*\.?$/, 'a domain name');
    const { zoneName } = props.hostedZone;
    const name = props.recordName.replace(/\.$/, '');
    this.domainName = name === zoneName || name.endsWith(`.${zoneName}`) ? name : `${name}.${zoneName}`;
  }

  /**
   * Adds a cell.
   *
   * @throws Error for a cell that is there already, or a weight that Route 53 does not take.
   */
  add({ cell, loadBalancer, weight }: WeightedCell): route53.ARecord {
    requirePattern('cell', cell, /^[\w-]{1,64}$/, 'letters, digits, `_` and `-`, at most 64');
    requireIntegerBetween('weight', weight, 0, LIMITS.weight.maximum);
    if (this.records[cell] !== undefined) {
      throw new Error(`\`cell\` must differ from those that the name has, got: ${cell} twice`);
    }
    const record = new route53.ARecord(this, cell, {
      zone: this.props.hostedZone,
      recordName: this.props.recordName,
      target: route53.RecordTarget.fromAlias({
        bind: () => ({
          hostedZoneId: loadBalancer.loadBalancerCanonicalHostedZoneId,
          dnsName: `dualstack.${loadBalancer.loadBalancerDnsName}`,
          evaluateTargetHealth: true,
        }),
      }),
      weight: weight ?? DEFAULTS.edge.weight,
      setIdentifier: cell,
    });
    (this.records as { [cell: string]: route53.ARecord })[cell] = record;
    return record;
  }
}
