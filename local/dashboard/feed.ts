import type { Percentiles } from '../checker/latency-meter';
import type { FaultCounts, FaultName, FaultPart, FaultSettings } from '../faults';
import type { Verdict } from '../run/verdict';

/** Where a run is: `starting`, `probe`, `load` or `input`, `draining` (everything on its way settles), `judged`. */
export type RunPhase = 'starting' | 'probe' | 'load' | 'input' | 'draining' | 'judged';

/** What does not change while a run lasts. */
export interface RunDescription {
  /** What runs, in a few words, such as the environment of the app. */
  readonly title: string;
  /** Name and version of what runs behind each part, as in the verdict. */
  readonly engines: { readonly [part: string]: string };
  /** Everything random in the load follows from it. */
  readonly seed: number;
  /** What of it faults can strike; the page offers no others. @default - everything */
  readonly faultParts?: readonly FaultPart[];
  /** Highest rate that the page offers, in payments per second. */
  readonly mostPaymentsPerSecond: number;
}

/** The load that the generator is asked for. */
export interface LoadState {
  /** Payments per second that are asked for now; 0 while the load rests. Undefined where no rate is asked for (probe, input). */
  readonly paymentsPerSecond: number | undefined;
  /** Whether `setRate` can be carried out now. */
  readonly adjustable: boolean;
  /** When the load ends by itself, in milliseconds since 1970; undefined where nobody knows. */
  readonly endsAt: number | undefined;
}

/** What the clients were answered, and what became of it. Counted since the start of the run. */
export interface PaymentCounts {
  /** Payments sent, repetitions counted: `acked + refused + unanswered`, and those on their way. */
  readonly sent: number;
  readonly acked: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly late: number;
  /** Acknowledged payments, each key once. */
  readonly acknowledgedKeys: number;
  /** The part of `acknowledgedKeys` that has its effect, or was rejected or parked for good. */
  readonly settledKeys: number;
  /** Payments that are parked, as far as the checker has looked. */
  readonly parked: number;
}

/** A latency, over all of the phase and over the last seconds. */
export interface LatencyState {
  /** Of every payment since the warm-up, in milliseconds. */
  readonly all: Percentiles;
  /** Of the payments since the snapshot before; undefined where there was none. */
  readonly recent: Percentiles | undefined;
}

/** The checker's three zeroes while a run lasts: undefined is not known before the verdict. Never a guess. */
export interface RunningBooks {
  readonly lost: number | undefined;
  readonly doubled: number | undefined;
  readonly outOfBalance: number | undefined;
}

/** What the system got over so far. */
export interface TroubleCounts {
  /** Records and messages that a mapping delivered more than once. */
  readonly redelivered: number;
  /** Records that the stream turned away for their rate. */
  readonly throttledRecords: number;
  /** Reads and writes that a table turned away. */
  readonly throttledItems: number;
  readonly handlerErrors: number;
  /** Records that a mapping gave up. */
  readonly discarded: number;
}

/** One shard. The counters run since the shard was made; the page makes rates of them. */
export interface ShardState {
  readonly id: string;
  readonly open: boolean;
  readonly records: number;
  readonly bytes: number;
  /** Records that were refused. */
  readonly throttled: number;
}

/** A Kinesis stream, the stream of a table, or a topic of Kafka, whose partitions stand as shards. */
export interface StreamState {
  readonly name: string;
  readonly kind: 'kinesis' | 'table-stream' | 'topic';
  /** What one shard takes in a second; undefined where the service states no such limit. */
  readonly shardLimits: { readonly records: number; readonly bytes: number } | undefined;
  /** In the order of their ids. Closed shards may be left out once they were read to their end. */
  readonly shards: readonly ShardState[];
}

/** An event source mapping. Counters run since the start. */
export interface MappingState {
  /** Id of the mapping, one of its kind in the run. */
  readonly id: string;
  readonly functionName: string;
  readonly source: 'kinesis' | 'table-stream' | 'queue';
  /** Name of the stream, table or queue. */
  readonly sourceName: string;
  /**
   * Age of the last record of the latest invocation when that began, in milliseconds; the largest of all shards, as Lambda's metric IteratorAge.
   * Undefined before the first invocation and for queues.
   */
  readonly iteratorAge: number | undefined;
  /** Age of the oldest record that was read and is not behind the checkpoint, in milliseconds; 0 without one. Undefined for queues. */
  readonly oldestRecordAge: number | undefined;
  readonly invocations: number;
  readonly inFlight: number;
  /** Records or messages handed to the function, each time counted. */
  readonly delivered: number;
  readonly redelivered: number;
  readonly errors: number;
  /** Invocations refused for want of concurrency. */
  readonly throttles: number;
  readonly discarded: number;
}

/** A table behind the front. Counters run since the start. */
export interface TableState {
  readonly name: string;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Units per second that the table takes now; lower while a fault throttles it. */
  readonly writeUnitsPerSecond: number;
  readonly readUnitsPerSecond: number;
  readonly partitions: number;
  readonly throttledWrites: number;
  readonly throttledReads: number;
}

/** How a run ended. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Whether the run proved what it is for, as its exit code says. */
  readonly passed: boolean;
  /** The first few findings, in words. */
  readonly findings: readonly string[];
}

/** Everything that the page shows of one moment. Small: it goes to every listener once a second. */
export interface Snapshot {
  /** When it was taken, in milliseconds since 1970. */
  readonly at: number;
  readonly phase: RunPhase;
  /** When the phase began, in milliseconds since 1970. */
  readonly phaseSince: number;
  readonly load: LoadState;
  readonly payments: PaymentCounts;
  /** From the moment a payment was due to its answer. */
  readonly accept: LatencyState;
  /** From the moment a payment was due to its effect in the ledger. */
  readonly settle: LatencyState;
  readonly books: RunningBooks;
  readonly troubles: TroubleCounts;
  /** Age of the oldest ledger record that is not in the balances, in seconds. */
  readonly balanceLagSeconds: number;
  readonly streams: readonly StreamState[];
  readonly mappings: readonly MappingState[];
  readonly tables: readonly TableState[];
  readonly faults: {
    /** Values of those that are on. */
    readonly settings: FaultSettings;
    readonly counts: FaultCounts;
  };
  /** Undefined until the run is judged. */
  readonly judgement: Judgement | undefined;
}

/** Something worth a line in the log of the page. */
export interface LoggedEvent {
  /** 1 for the first event of the run, one more for each. */
  readonly number: number;
  /** In milliseconds since 1970. */
  readonly at: number;
  /** Undefined for an event of the run itself, such as a new phase. */
  readonly fault: FaultName | undefined;
  readonly text: string;
}

/** What was asked cannot be done now; the message tells people why. The page shows it and nothing else happens. */
export class CommandRefusedError extends Error {}

/** Where the page gets what it shows, and where its buttons go. Asked for nothing while nobody has the page open. */
export interface DashboardFeed {
  readonly description: RunDescription;
  /** The state of this moment. Called at most once a second, whatever the number of listeners, and never twice at a time. */
  snapshot(): Promise<Snapshot>;
  /**
   * The events after the given one, oldest first.
   *
   * @param number of the last event that is known already; 0 for none
   */
  events(number: number): readonly LoggedEvent[];
  /**
   * Changes the load while it runs.
   *
   * @param paymentsPerSecond 0 lets the load rest
   * @throws CommandRefusedError where no load runs that could be changed
   */
  setRate(paymentsPerSecond: number): Promise<void>;
  /**
   * Ends the load as Ctrl-C does: what is on its way settles, and the verdict is given.
   *
   * @throws CommandRefusedError where the load has ended
   */
  endLoad(): Promise<void>;
  /**
   * Switches a fault on, changes it, or switches it off.
   *
   * @param value in the fault's unit and within its bounds; undefined switches it off
   * @throws CommandRefusedError where no load runs that could meet it
   */
  setFault(name: FaultName, value: number | undefined): Promise<void>;
}
