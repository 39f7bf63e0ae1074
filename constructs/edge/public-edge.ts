import { Names } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as shield from 'aws-cdk-lib/aws-shield';
import type { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { requireIntegerBetween, requirePattern } from '../validation';
import { onlyAlarms, otherAlarms } from './alarm-part';
import type { ApiRoute } from './api-route';
import { type EdgeCell, EdgeCells } from './edge-cells';
import type { CdnOptions, PublicEdgeProps } from './public-edge-props';
import { PublicWebAcl } from './public-web-acl';
import { TlsEdge } from './tls-edge';
import { EdgeTraffic } from './tls-edge-props';
import { WebAclLog } from './web-acl-log';

/** Alarms of the web ACL; the others are the load balancer's. */
const PROTECTION_ALARMS = ['BlockedRequests'];

/**
 * Where people and their devices come in: a load balancer in each cell with a web ACL of its own in front, which asks for a token with the scope
 * of the route.
 */
export class PublicEdge extends EdgeCells {
  readonly edges: readonly TlsEdge[];
  /** The web ACLs, in the order of the edges. */
  readonly webAcls: readonly PublicWebAcl[];
  /** Where the web ACLs write what they refused. */
  readonly log: WebAclLog;
  /** What CloudFront proves itself with, the one that it sends first; empty where it does not stand in front. */
  readonly originSecrets: readonly secretsmanager.ISecret[];

  constructor(scope: Construct, id: string, private readonly props: PublicEdgeProps) {
    super(scope, id, props);
    this.requireRules(props);
    this.originSecrets = props.cdn === undefined ? [] : this.secretsOf(props.cdn);
    this.log = new WebAclLog(this, 'Log', {
      encryptionKey: customerKey(this, 'LogKeys', DataClass.OPERATIONS, props.logEncryptionKey, props.removalPolicy),
      retention: props.logRetention,
      lock: props.logLock,
      removalPolicy: props.removalPolicy,
      bucketProps: props.logBucketProps,
    });
    this.edges = this.cells.map((cell) => this.createEdge(cell));
    this.webAcls = this.edges.map((edge, index) => this.createWebAcl(edge, this.cells[index]));
    this.nameEdges(this.edges);
  }

  private createEdge(cell: EdgeCell): TlsEdge {
    const { auth, alarms, cdn } = this.props;
    const edge = new TlsEdge(this, cell.name, {
      ...this.edgeOptions,
      workload: cell.workload,
      traffic: EdgeTraffic.PUBLIC,
      frontName: `public${cell.name}`,
      clients: cdn?.prefixListId === undefined ? undefined : [ec2.Peer.prefixList(cdn.prefixListId)],
      auth,
      alarms: otherAlarms(PROTECTION_ALARMS, alarms),
    });
    if (this.props.shieldAdvanced === true) {
      const name = Names.uniqueResourceName(edge, { maxLength: LIMITS.shield.nameLength });
      new shield.CfnProtection(edge, 'Shield', { name, resourceArn: edge.loadBalancer.loadBalancerArn });
    }
    return edge;
  }

  private createWebAcl(edge: TlsEdge, cell: EdgeCell): PublicWebAcl {
    const { props } = this;
    return new PublicWebAcl(edge, 'Protection', {
      workload: cell.workload,
      facts: props.facts,
      loadBalancer: edge.loadBalancer,
      log: this.log,
      logAllRequests: props.logAllRequests ?? false,
      apiKeyHeader: props.auth.apiKeyHeader,
      largeBodyPaths: props.auth.routes.filter(({ largeBodies }) => largeBodies).flatMap(({ paths }) => paths),
      addressLimit: props.addressLimit,
      keyLimit: props.keyLimit,
      blockedCountries: props.blockedCountries ?? [],
      browserPaths: props.browserPaths ?? [],
      countedRules: props.countedRules ?? [],
      originSecrets: this.originSecrets.map((it) => it.secretValue.unsafeUnwrap()),
      extraRules: props.extraRules ?? [],
      alarms: onlyAlarms(PROTECTION_ALARMS, props.alarms),
    });
  }

  private secretsOf({ originSecrets, encryptionKey }: CdnOptions): secretsmanager.ISecret[] {
    if (originSecrets !== undefined) {
      if (originSecrets.length === 0) {
        throw new Error('`cdn.originSecrets` must hold at least one secret, got: none');
      }
      return originSecrets;
    }
    return [new secretsmanager.Secret(this, 'OriginSecret', {
      description: 'The text by which CloudFront proves itself to the load balancers',
      encryptionKey: customerKey(this, 'SecretKeys', DataClass.of('configuration'), encryptionKey, this.props.removalPolicy),
      generateSecretString: { passwordLength: DEFAULTS.edge.originSecretCharacters, excludePunctuation: true },
      removalPolicy: this.props.removalPolicy,
    })];
  }

  private requireRules(props: PublicEdgeProps): void {
    requireIntegerBetween('addressLimit', props.addressLimit, LIMITS.rateRule.minimum, Number.MAX_SAFE_INTEGER);
    requireIntegerBetween('keyLimit', props.keyLimit, LIMITS.rateRule.minimum, Number.MAX_SAFE_INTEGER);
    props.blockedCountries?.forEach((it) => requirePattern('blockedCountries', it, /^[A-Z]{2}$/, 'ISO 3166-1 alpha-2 codes in capitals'));
    props.countedRules?.forEach((it) => requirePattern('countedRules', it, /^[A-Za-z0-9_]+$/, 'names of rules of the core rule set'));
    requirePattern('cdn.prefixListId', props.cdn?.prefixListId, /^pl-[0-9a-f]+$/, 'the id of a prefix list');
    for (const path of props.browserPaths ?? []) {
      requirePattern('browserPaths', path, /^\/\S*$/, 'paths');
      const asked = props.auth.routes.find((route) => mayBeginWith(route, path));
      if (asked !== undefined) {
        throw new Error(`\`browserPaths\` must not take in a route of the API, which no challenge could pass, got: ${path} (${asked.name})`);
      }
    }
  }
}

/** Whether a path of the route may begin with a text: its pattern is known up to the first wildcard. */
function mayBeginWith({ paths }: ApiRoute, beginning: string): boolean {
  return paths.some((path) => {
    const known = path.split(/[*?]/)[0];
    return known.startsWith(beginning) || (known.length < path.length && beginning.startsWith(known));
  });
}
