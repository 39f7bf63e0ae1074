import type { Clock, Sleep } from '../clock';
import type { TableFaults } from '../faults';
import type { RandomSource } from '../random-source';
import type { RecordSpill } from '../stream/record-spill';

/** What a front takes from the world beside its engine. */
export interface FrontPorts {
  /** @default - the machine's clock */
  readonly clock?: Clock;
  /** Pauses of the front: between its own reads, and before it looks what a call did whose answer was lost. @default - the machine's timers */
  readonly sleep?: Sleep;
  /** Decides when a fault strikes, which shard is rolled, and the ids of stream records. @default - another sequence every time */
  readonly random?: RandomSource;
  /** Faults from the first call on. @default - none */
  readonly faults?: TableFaults;
  /** Where older stream records go. @default - they stay in memory */
  readonly spill?: RecordSpill;
}
