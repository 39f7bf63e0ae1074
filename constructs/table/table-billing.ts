import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Facts } from '../../lib/facts';
import { requireIntegerBetween } from '../validation';

/** Properties of `TableBilling.provisioned`. All of them are of one table. */
export interface ProvisionedUnits {
  /** Write units per second that autoscaling starts from and never goes below. */
  readonly minimumWriteUnits: number;
  /** Write units per second that autoscaling goes up to. */
  readonly maximumWriteUnits: number;
  /** Read units per second that autoscaling starts from and never goes below. */
  readonly minimumReadUnits: number;
  /** Read units per second that autoscaling goes up to. */
  readonly maximumReadUnits: number;

  /**
   * Share of the units that autoscaling aims at, 0.2 to 0.9.
   *
   * @default 0.7
   */
  readonly targetUtilization?: number;
}

/** How a table is paid for. */
export class TableBilling {
  /** By request: nothing to scale, nothing to pay for a quiet hour. */
  static onDemand(): TableBilling {
    return new TableBilling('on-demand');
  }

  /**
   * By capacity that follows the load. It pays where the load is steady: a rise of more than about two times at once is throttled for minutes.
   *
   * @throws Error when a number is below 1, a minimum above its maximum, or the target utilization not between 0.2 and 0.9.
   */
  static provisioned(units: ProvisionedUnits): TableBilling {
    for (const kind of ['Write', 'Read'] as const) {
      const most = units[`maximum${kind}Units`];
      requireIntegerBetween(`maximum${kind}Units`, most, 1, Number.MAX_SAFE_INTEGER);
      requireIntegerBetween(`minimum${kind}Units`, units[`minimum${kind}Units`], 1, most);
    }
    const { targetUtilization: share } = units;
    if (share !== undefined && !(share >= LEAST_UTILIZATION && share <= MOST_UTILIZATION)) {
      throw new Error(`\`targetUtilization\` must be between ${LEAST_UTILIZATION} and ${MOST_UTILIZATION}, got: ${share}`);
    }
    return new TableBilling('provisioned', units);
  }

  private constructor(
    /** Which of the two it is. */
    readonly mode: 'on-demand' | 'provisioned',
    /** Capacity of one table; none on demand. */
    readonly units?: ProvisionedUnits,
  ) {}

  /** The same in CDK's own type; autoscaling aims at the utilization that the facts tell. */
  toBilling(facts: Facts): dynamodb.Billing {
    if (this.units === undefined) {
      return dynamodb.Billing.onDemand();
    }
    const share = this.units.targetUtilization ?? facts.number('target/dynamodb.autoscalingUtilization');
    const targetUtilizationPercent = Math.round(share * PERCENT);
    const { maximumReadUnits, maximumWriteUnits, minimumReadUnits, minimumWriteUnits } = this.units;
    // What it starts from when the table was on demand before, too.
    const scaled = (minCapacity: number, maxCapacity: number): dynamodb.Capacity =>
      dynamodb.Capacity.autoscaled({ minCapacity, maxCapacity, seedCapacity: minCapacity, targetUtilizationPercent });
    return dynamodb.Billing.provisioned({
      readCapacity: scaled(minimumReadUnits, maximumReadUnits),
      writeCapacity: scaled(minimumWriteUnits, maximumWriteUnits),
    });
  }
}

const PERCENT = 100;
const LEAST_UTILIZATION = Facts.DEFAULT.number('dynamodb/autoscaling.leastUtilization');
const MOST_UTILIZATION = Facts.DEFAULT.number('dynamodb/autoscaling.mostUtilization');
