import { Facts } from '../facts';
import { RecoveryTier } from '../workload';
import { roundUp } from './arithmetic';

/** How many servers of one thread carry a load: by square-root staffing, at a target utilization, with a zone lost. */
export class Staffing {
  readonly quality: number;
  readonly zones: number;
  readonly zonesLost: number;
  /** Servers that run at any load: one in each zone where one of them may be lost. */
  readonly least: number;

  constructor(facts: Facts, private readonly tier: RecoveryTier, readonly utilization: number) {
    this.quality = facts.number(`target/staffing.quality.${tier.name}`);
    this.zones = facts.number('target/fargate.availabilityZones');
    this.zonesLost = facts.number(`target/fargate.zonesLost.${tier.name}`);
    this.least = this.zonesLost > 0 ? this.zones : 1;
  }

  /** Servers for an offered load: the busy servers that it needs in the mean. */
  servers(load: number): number {
    return Math.max(this.least, roundUp(this.staffed(load) * this.zoneFactor));
  }

  /** The calculation with the numbers in it, without its result. */
  formula(load: string): string {
    const zones = this.zonesLost > 0 ? ` x ${this.zones} / ${this.zones - this.zonesLost} zones` : '';
    return `max(${this.least}, ceil(max(${load} + ${this.quality} x sqrt(${load}), ${load} / ${this.utilization})${zones}))`;
  }

  /** What held the number of servers where it is. */
  binding(load: number): string {
    if (this.staffed(load) * this.zoneFactor <= this.least) {
      return `one in each of ${this.least} zones`;
    }
    return load + this.quality * Math.sqrt(load) > load / this.utilization
      ? `square-root staffing of recovery tier ${this.tier.name}`
      : `CPU at ${Math.round(100 * this.utilization)} %`;
  }

  private get zoneFactor(): number {
    return this.zones / (this.zones - this.zonesLost);
  }

  private staffed(load: number): number {
    return Math.max(load + this.quality * Math.sqrt(load), load / this.utilization);
  }
}
