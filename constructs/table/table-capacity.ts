import type { Facts } from '../../lib/facts';
import { type Decision, sizeLedger, sizeProfileCapacity, sizeProjector, sizeTableCapacityMode, sizeValkey, type TableCapacityModeSizing } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { requireIntegerBetween } from '../validation';
import { TableBilling } from './table-billing';

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
  /** How the tables are paid for, as the workload asks; none where nothing is known. */
  readonly billing?: TableBilling;
  /** Partition keys that the rows of one owner need; none where nothing is known. */
  readonly bucketsPerOwner?: number;
}

/** What the sizing tells of the way of paying. */
const BILLING_DECISIONS = ['capacityMode', 'minimumWriteUnits', 'maximumWriteUnits', 'minimumReadUnits', 'maximumReadUnits', 'targetUtilization'];

/** What a logical table must be able to carry: derived from a workload, or given. */
export class TableCapacity {
  /** For the ledger of a workload: one row for each payment and refund. Takes the whole workload: cells share the ledger. */
  static ledger(workload: Workload): TableCapacity {
    return new TableCapacity((facts) => {
      const sizing = sizeLedger(workload, facts);
      const mode = sizeTableCapacityMode(workload, sizing, facts);
      const part = { writes: sizing.writeUnitsPerSecond, reads: sizing.readUnitsPerSecond, tables: sizing.tables };
      return {
        tables: sizing.tables,
        warmWriteUnits: sizing.warmThroughputPerTable.write,
        warmReadUnits: sizing.warmThroughputPerTable.read,
        decisions: [...sizing.decisions, ...mode.decisions.filter(({ name }) => BILLING_DECISIONS.includes(name))],
        workload,
        billing: billingOf(mode, part),
        bucketsPerOwner: sizing.bucketsPerMerchant,
      };
    });
  }

  /** For the balances that a projector keeps from the ledger of a workload. The decisions are recorded where the projector is. */
  static balances(workload: Workload): TableCapacity {
    return new TableCapacity((facts) => {
      const ledger = sizeLedger(workload, facts);
      const { balanceWriteUnitsPerSecond, warmThroughput } = sizeProjector(workload, ledger, facts);
      // The projector reads each row before it writes it.
      const part = { writes: balanceWriteUnitsPerSecond, reads: balanceWriteUnitsPerSecond, tables: 1 };
      const billing = billingOf(sizeTableCapacityMode(workload, ledger, facts), part);
      return { tables: 1, warmWriteUnits: warmThroughput.write, warmReadUnits: warmThroughput.read, decisions: [], workload, billing };
    });
  }

  /** For profiles of merchants and payers, and rules, that a cache stands before: the table must take the reads of a cache that was lost. */
  static profiles(workload: Workload): TableCapacity {
    return new TableCapacity((facts) => {
      const { coldReadUnits, decisions } = sizeValkey(workload, facts);
      const { mode, decisions: ofMode, monthlyUsd: _, ...units } = sizeProfileCapacity(workload, facts);
      return {
        tables: 1,
        warmWriteUnits: LIMITS.table.initialWriteUnits,
        warmReadUnits: Math.max(LIMITS.table.initialReadUnits, coldReadUnits),
        decisions: [...decisions.filter(({ name }) => name === 'coldReadUnits'), ...ofMode.filter(({ name }) => BILLING_DECISIONS.includes(name))],
        workload,
        billing: mode === 'on-demand' ? TableBilling.onDemand() : TableBilling.provisioned(units),
      };
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

/** One logical table's part of what is sized for ledger and balances together. */
interface Part {
  readonly writes: number;
  readonly reads: number;
  readonly tables: number;
}

function billingOf(sizing: TableCapacityModeSizing, { writes, reads, tables }: Part): TableBilling {
  if (sizing.mode === 'on-demand') {
    return TableBilling.onDemand();
  }
  const ofTable = (units: number, own: number, all: number): number => Math.max(1, Math.ceil(units * own / all / tables));
  return TableBilling.provisioned({
    minimumWriteUnits: ofTable(sizing.minimumWriteUnits, writes, sizing.peakWriteUnits),
    maximumWriteUnits: ofTable(sizing.maximumWriteUnits, writes, sizing.peakWriteUnits),
    minimumReadUnits: ofTable(sizing.minimumReadUnits, reads, sizing.peakReadUnits),
    maximumReadUnits: ofTable(sizing.maximumReadUnits, reads, sizing.peakReadUnits),
    targetUtilization: sizing.targetUtilization,
  });
}
