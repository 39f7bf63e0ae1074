import type { Duration } from 'aws-cdk-lib';
import type { Facts } from '../../lib/facts';
import { sizeAuditArchiver, sizeLedger, sizeProjector, type TableStreamSizing } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';

/** What a function makes of a table's changes: decides how it is sized. */
export class TableStreamPurpose {
  /** Many changes of one row become one write of another table. */
  static readonly PROJECTION = new TableStreamPurpose(
    (workload, facts) => sizeProjector(workload, sizeLedger(workload, facts), facts), DEFAULTS.tableStream.longestProjectorWindow,
  );

  /** Many changes become one object. */
  static readonly ARCHIVE = new TableStreamPurpose(
    (workload, facts) => sizeAuditArchiver(workload, sizeLedger(workload, facts), facts), DEFAULTS.tableStream.longestArchiverWindow,
  );

  private constructor(
    /** The sizes for a workload, by the facts of a region. */
    readonly size: (workload: Workload, facts: Facts) => TableStreamSizing,
    /** Longest time that changes may be gathered: beyond it the result is felt to lag. */
    readonly longestBatchingWindow: Duration,
  ) {}
}
