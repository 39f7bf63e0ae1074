import type * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import { type Decision, sizeEdgeCells } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import type { StatelessTier } from '../compute/stateless-tier';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import type { AlarmOptions } from '../observability/alarm-set';
import { recordDecisions } from '../sizing-metadata';
import { requireIntegerBetween, requirePattern } from '../validation';
import type { TlsEdge } from './tls-edge';
import type { EdgeOptions } from './tls-edge-props';
import { WeightedName } from './weighted-name';

/** Properties that the edges of several cells have in common. */
export interface EdgeCellsProps extends EdgeOptions {
  /** What all cells together must carry; with `cell`, what that one must carry. */
  readonly workload: Workload;

  /**
   * Name of the one cell that this edge is part of, where each cell has stacks of its own: there is one load balancer then, and `workload` is that
   * cell's share. Letters and digits, starting with a letter, at most 32.
   *
   * @default - this construct makes the load balancers of all cells: `cell1`, `cell2`, …
   */
  readonly cell?: string;

  /**
   * How many cells, each with a load balancer of its own.
   *
   * @default - derived from the workload: the limits of a load balancer and of a web ACL, and what the recovery tier lets one cell take with it
   */
  readonly cells?: number;

  /**
   * Weight of cells in the name, by their name, 0 to 255. With 0 a cell is drained: who knows it already may still come, until names are asked
   * for again.
   *
   * @default - 100 each
   */
  readonly weights?: { readonly [cell: string]: number };

  /**
   * Zone of the name that spreads clients over the cells.
   *
   * @default - there is no name; the load balancers have those of AWS only
   */
  readonly hostedZone?: route53.IHostedZone;

  /**
   * The name, relative to the zone or complete.
   *
   * @default - there is no name
   */
  readonly recordName?: string;

  /**
   * Changes to the alarms of each edge: those of `TlsEdge`, and of a public edge `BlockedRequests`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;
}

/** One cell: its name, and what it must carry while another one is gone. */
export interface EdgeCell {
  readonly name: string;
  readonly workload: Workload;
}

/** The edges of one kind in all cells, or in the one cell that they belong to, and the name that spreads clients over them. */
export abstract class EdgeCells extends Construct {
  /** The load balancers with their listeners, in the order of the cells. */
  abstract readonly edges: readonly TlsEdge[];
  /** The cells. */
  readonly cells: readonly EdgeCell[];
  /** How many cells there are and why, as it stands in the template's metadata; empty for the edge of one cell of several. */
  readonly decisions: readonly Decision[];
  /** The name in front of the edges; none without a zone. */
  readonly name?: WeightedName;

  constructor(scope: Construct, id: string, private readonly shared: EdgeCellsProps) {
    super(scope, id);
    requirePattern('cell', shared.cell, /^[A-Za-z][A-Za-z0-9]{0,31}$/, 'letters and digits, starting with a letter, at most 32');
    requireIntegerBetween('cells', shared.cells, 1, Number.MAX_SAFE_INTEGER);
    if (shared.cell !== undefined && shared.cells !== undefined) {
      throw new Error('`cells` must be left out with `cell`: one cell has one edge of a kind, got: both');
    }
    if ((shared.hostedZone === undefined) !== (shared.recordName === undefined)) {
      throw new Error('`hostedZone` and `recordName` must be given together, got: one of them');
    }
    if (shared.cell !== undefined) {
      this.decisions = [];
      this.cells = [{ name: shared.cell, workload: shared.workload }];
    } else {
      this.decisions = this.decide();
      const count = this.decisions.find(({ name }) => name === 'cells')?.value as number;
      const workload = shared.workload.with({ cells: count }).cellShare();
      this.cells = Array.from({ length: count }, (_, index) => ({ name: `cell${index + 1}`, workload }));
    }
    this.requireWeights();
    if (shared.hostedZone !== undefined && shared.recordName !== undefined) {
      this.name = new WeightedName(this, 'Name', { hostedZone: shared.hostedZone, recordName: shared.recordName });
    }
  }

  /**
   * Sends the requests of every edge to one tier. For a tier in each cell, call `serve` of each of the `edges`.
   *
   * @throws Error when a tier has no room for so many fronts.
   */
  serve(tier: StatelessTier): void {
    this.edges.forEach((edge) => edge.serve(tier));
  }

  /** Puts edges behind the name, in the order of the cells. */
  protected nameEdges(edges: readonly TlsEdge[]): void {
    this.cells.forEach(({ name }, index) => {
      this.name?.add({ cell: name, loadBalancer: edges[index].loadBalancer, weight: this.weightOf(name) });
    });
  }

  /** Properties of the load balancers that all cells share. */
  protected get edgeOptions(): EdgeOptions {
    const {
      facts, vpc, subnets, certificateArn, certificate, reserveCapacity, accessLogRetention, removalPolicy, targetGroupProps, listenerProps,
    } = this.shared;
    return { facts, vpc, subnets, certificateArn, certificate, reserveCapacity, accessLogRetention, removalPolicy, targetGroupProps, listenerProps };
  }

  private decide(): Decision[] {
    const { workload, cells } = this.shared;
    const facts = factsFor(this, this.shared.facts);
    const needed = sizeEdgeCells(workload, facts).cells;
    // Told for the cells that there are, which need not be those that the workload states.
    return recordDecisions(this, sizeEdgeCells(workload.with({ cells: cells ?? needed }), facts).decisions, { cells });
  }

  private weightOf(cell: string): number {
    return this.shared.weights?.[cell] ?? DEFAULTS.edge.weight;
  }

  private requireWeights(): void {
    const { cell, weights = {} } = this.shared;
    const names = this.cells.map(({ name }) => name);
    for (const [name, weight] of Object.entries(weights)) {
      requireIntegerBetween(`weights.${name}`, weight, 0, LIMITS.weight.maximum);
      // The weights of all cells may be handed to each of them.
      if (cell === undefined && !names.includes(name)) {
        throw new Error(`\`weights\` must name ${names.join(', ')}, got: ${name}`);
      }
    }
    if (cell === undefined && names.every((name) => this.weightOf(name) === 0)) {
      throw new Error('`weights` must leave a cell more than 0: Route 53 takes all zeroes for equal shares, got: 0 for each');
    }
  }
}
