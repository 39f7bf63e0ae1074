import type { Size } from 'aws-cdk-lib';
import { LIMITS } from '../limits';
import { requireBetween, requirePattern } from '../validation';

/** Properties of `DatabaseCapacity.provisioned`. */
export interface ProvisionedDatabaseProps {
  /**
   * Class of writers and readers, for example `db.r7g.xlarge`.
   *
   * @default - the smallest that carries the workload
   */
  readonly instanceClass?: string;

  /**
   * Memory of an instance, for the alarm on it.
   *
   * @default - as the facts tell; a class that they do not know needs it
   */
  readonly memory?: Size;
}

/** Properties of `DatabaseCapacity.serverless`. */
export interface ServerlessDatabaseProps {
  /** Capacity units (ACU, about 2 GiB of memory each) that an instance never goes below, 0 to 256; at 0 it pauses, and the next client waits. */
  readonly minimum: number;
  /** Capacity units that an instance goes up to, 1 to 256. */
  readonly maximum: number;
}

/** What the instances of a database are. */
export class DatabaseCapacity {
  /**
   * Instances of a class.
   *
   * @throws Error for a class that is none.
   */
  static provisioned(props: ProvisionedDatabaseProps = {}): DatabaseCapacity {
    requirePattern('instanceClass', props.instanceClass, /^db\.[a-z0-9]+\.[a-z0-9]+$/, 'an instance class such as db.r7g.xlarge');
    return new DatabaseCapacity(props);
  }

  /**
   * Instances that grow and shrink by themselves (Aurora Serverless v2). For loads that are small or unknown: at a steady load a unit costs more
   * than the same memory of a class.
   *
   * @throws Error for units that Aurora does not take.
   */
  static serverless(props: ServerlessDatabaseProps): DatabaseCapacity {
    requireBetween('maximum', props.maximum, 1, LIMITS.database.serverlessUnits);
    requireBetween('minimum', props.minimum, 0, props.maximum);
    return new DatabaseCapacity({}, props);
  }

  private constructor(
    /** What was stated of a class. */
    readonly provisionedProps: ProvisionedDatabaseProps,
    /** Units; none for instances of a class. */
    readonly serverlessProps?: ServerlessDatabaseProps,
  ) {}
}
