import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { ApiAuth } from './api-auth';
import type { ApiRoute } from './api-route';
import { EdgeCells, type EdgeCellsProps } from './edge-cells';
import { TlsEdge } from './tls-edge';
import { EdgeTraffic } from './tls-edge-props';

/** A list of certificates that are no longer valid (CRL), as an object in S3. */
export interface RevocationList {
  /** Bucket of the list. */
  readonly bucket: s3.IBucket;
  /** Key of the object. */
  readonly key: string;
  /**
   * Version of the object.
   *
   * @default - the newest
   */
  readonly version?: string;
}

/** Properties of `PartnerEdge`. */
export interface PartnerEdgeProps extends EdgeCellsProps {
  /**
   * Bucket of the certificates of the authorities (PEM, one after another) that signed the partners' certificates. Whoever deploys must be able
   * to read it.
   *
   * @default - `trustStore`; one of the two must be there
   */
  readonly authoritiesBucket?: s3.IBucket;

  /**
   * Key of the object.
   *
   * @default 'authorities.pem'
   */
  readonly authoritiesKey?: string;

  /**
   * Version of the object. State it, so that another one is taken by a deployment and not by whoever writes to the bucket.
   *
   * @default - the newest when the trust store is made or changed
   */
  readonly authoritiesVersion?: string;

  /**
   * A trust store that is there already.
   *
   * @default - a new one of `authoritiesBucket`
   */
  readonly trustStore?: elbv2.ITrustStore;

  /**
   * Certificates that are no longer valid. A load balancer takes them to its trust store when they are deployed, and looks for no newer ones.
   *
   * @default - none
   */
  readonly revocationLists?: RevocationList[];

  /**
   * Whether clients are told whose certificates are accepted, so that they choose the right one of several.
   *
   * @default false
   */
  readonly advertiseAuthorities?: boolean;

  /**
   * Whether partners need a token or API key as well, and which routes there are.
   *
   * @default - a certificate is all that the load balancer asks for; the API still asks for a token
   */
  readonly auth?: ApiAuth;

  /**
   * What is let through where there is no `auth`; all else is answered 404.
   *
   * @default - everything but health checks
   */
  readonly routes?: ApiRoute[];
}

/**
 * Where servers of partners come in: they show a certificate that an authority of the trust store has signed, or there is no connection. No web
 * ACL stands here, since it is paid for each request and these clients are known.
 */
export class PartnerEdge extends EdgeCells {
  readonly edges: readonly TlsEdge[];
  /** The authorities whose certificates are accepted, the same for all cells. */
  readonly trustStore: elbv2.ITrustStore;
  /** Certificates that are no longer valid; undefined where none are stated. */
  readonly revocations?: elbv2.TrustStoreRevocation;

  constructor(scope: Construct, id: string, props: PartnerEdgeProps) {
    super(scope, id, props);
    if ((props.trustStore === undefined) === (props.authoritiesBucket === undefined)) {
      throw new Error(`\`trustStore\` or \`authoritiesBucket\` must be given, got: ${props.trustStore === undefined ? 'neither' : 'both'}`);
    }
    this.trustStore = props.trustStore ?? this.createTrustStore(props, props.authoritiesBucket!);
    if (props.revocationLists !== undefined && props.revocationLists.length > 0) {
      this.revocations = new elbv2.TrustStoreRevocation(this, 'Revocations', {
        trustStore: this.trustStore,
        revocationContents: props.revocationLists.map((it) => ({ ...it, revocationType: elbv2.RevocationType.CRL })),
      });
    }
    this.edges = this.cells.map((cell) => {
      const edge = new TlsEdge(this, cell.name, {
        ...this.edgeOptions,
        workload: cell.workload,
        traffic: EdgeTraffic.PARTNER,
        frontName: `partner${cell.name}`,
        auth: props.auth,
        routes: props.routes,
        alarms: props.alarms,
        mutualAuthentication: {
          mutualAuthenticationMode: elbv2.MutualAuthenticationMode.VERIFY,
          trustStore: this.trustStore,
          ignoreClientCertificateExpiry: false,
          advertiseTrustStoreCaNames: props.advertiseAuthorities,
        },
      });
      // A certificate that was refused never becomes a request: it stands in the log of connections alone.
      edge.accessLogs.collectConnections(edge.loadBalancer);
      return edge;
    });
    this.nameEdges(this.edges);
  }

  private createTrustStore(props: PartnerEdgeProps, bucket: s3.IBucket): elbv2.TrustStore {
    return new elbv2.TrustStore(this, 'TrustStore', {
      bucket,
      key: props.authoritiesKey ?? 'authorities.pem',
      version: props.authoritiesVersion,
    });
  }
}
