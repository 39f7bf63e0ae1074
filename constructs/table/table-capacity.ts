import type { Facts } from '../../lib/facts';
import { type Decision, sizeLedger, sizeProjector } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { requireIntegerBetween } from '../validation';

/** Capacity that is known without a workload. */
export interface TableCapacityProps {
  /**
   * Number of tables that make up the one logical table, 1 to 100.
   *
   * @default 1
   */
  readonly tables?: number;

  /**
   * Write units per second that each table must take at once.
   *
   * @default - what a new table takes anyway
   */
  readonly warmWriteUnits?: number;

  /**
   * Read units per second that each table must serve at once.
   *
   * @default - what a new table serves anyway
   */
  readonly warmReadUnits?: number;
}

/** Capacity of a logical table in numbers. */
export interface ResolvedTableCapacity {
  /** Number of tables. */
  readonly tables: number;
  /** Write units per second that each table must take at once. */
  readonly warmWriteUnits: number;
  /** Read units per second that each table must serve at once. */
  readonly warmReadUnits: number;
  /** Where the numbers come from. */
  readonly decisions: readonly Decision[];
  /** What they were derived from; none for numbers that were given. */
  readonly workload?: Workload;
}

/** What a logical table must be able to carry: derived from a workload, or given. */
export class TableCapacity {
  /** For the ledger of a workload: one row for each payment and refund. Takes the whole workload: cells share the ledger. */
  static ledger(workload: Workload): TableCapacity {
    return new TableCapacity((facts) => {
      const sizing = sizeLedger(workload, facts);
      return {
        tables: sizing.tables,
        warmWriteUnits: sizing.warmThroughputPerTable.write,
        warmReadUnits: sizing.warmThroughputPerTable.read,
        decisions: sizing.decisions,
        workload,
      };
    });
  }

  /** For the balances that a projector keeps from the ledger of a workload. The decisions are recorded where the projector is. */
  static balances(workload: Workload): TableCapacity {
    return new TableCapacity((facts) => {
      const { warmThroughput } = sizeProjector(workload, sizeLedger(workload, facts), facts);
      return { tables: 1, warmWriteUnits: warmThroughput.write, warmReadUnits: warmThroughput.read, decisions: [], workload };
    });
  }

  /** For tables that are written rarely: what every new table on demand takes anyway. */
  static onDemand(): TableCapacity {
    return TableCapacity.of({});
  }

  /**
   * Numbers of your own.
   *
   * @throws Error when `tables` is not between 1 and 100, or a warm throughput is below what every new table has.
   */
  static of(props: TableCapacityProps): TableCapacity {
    const { initialWriteUnits, initialReadUnits } = LIMITS.table;
    requireIntegerBetween('tables', props.tables, 1, DEFAULTS.table.maximumTables);
    requireIntegerBetween('warmWriteUnits', props.warmWriteUnits, initialWriteUnits, Number.MAX_SAFE_INTEGER);
    requireIntegerBetween('warmReadUnits', props.warmReadUnits, initialReadUnits, Number.MAX_SAFE_INTEGER);
    return new TableCapacity(() => ({
      tables: props.tables ?? 1,
      warmWriteUnits: props.warmWriteUnits ?? initialWriteUnits,
      warmReadUnits: props.warmReadUnits ?? initialReadUnits,
      decisions: [],
    }));
  }

  private constructor(
    /** The capacity in numbers, by the facts of a region. */
    readonly resolve: (facts: Facts) => ResolvedTableCapacity,
  ) {}
}
