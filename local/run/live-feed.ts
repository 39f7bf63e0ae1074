import type { LiveProgress } from '../checker/checker';
import {
  CommandRefusedError, type DashboardFeed, type EventLog, type Judgement, type LoggedEvent, type PaymentCounts, type RunDescription, type Snapshot,
  type StreamState, type TableState,
} from '../dashboard';
import type { TableHostStatistics } from '../engines/table';
import { canStrike, faultNamed, type FaultName, type FaultPart, FaultSettingError } from '../faults';
import type { JudgedRun, RunResult } from './judged-run';
import type { RunOptions } from './options';
import type { LocalSystem } from './system';
import { isClean, shortcomings } from './verdict';

/** Highest rate that the page offers, at least: more than a laptop settles, so that people can find its limit. */
const MOST_PAYMENTS_PER_SECOND = 5_000;

/** What the live page shows of a run, and where its buttons go. */
export class LiveFeed implements DashboardFeed {
  readonly description: RunDescription;

  constructor(
    private readonly system: LocalSystem,
    private readonly run: JudgedRun,
    private readonly log: EventLog,
    private readonly options: RunOptions,
    private readonly parts: readonly FaultPart[],
  ) {
    this.description = {
      title: options.title,
      engines: system.engines,
      seed: options.seed,
      faultParts: parts,
      mostPaymentsPerSecond: Math.max(MOST_PAYMENTS_PER_SECOND, 2 * (options.rate ?? 0)),
    };
  }

  async snapshot(): Promise<Snapshot> {
    const { run, system } = this;
    const [progress, engine, live, tables] = await Promise.all([
      system.checker('liveProgress'), system.engineStatistics(), system.engineLiveState(), system.tableStatistics(),
    ]);
    const verdict = run.result?.verdict;
    const { name: phase, since } = run.phase;
    return {
      at: Date.now(),
      phase,
      phaseSince: since,
      load: {
        paymentsPerSecond: run.rate,
        adjustable: phase === 'load',
        endsAt: phase === 'load' ? since + this.options.seconds * 1000 : undefined,
      },
      payments: paymentCounts(progress),
      accept: { all: progress.acceptMs, recent: progress.recentAcceptMs },
      settle: { all: progress.settleMs, recent: progress.recentSettleMs },
      books: { lost: verdict?.lost, doubled: verdict?.doubled, outOfBalance: verdict?.outOfBalance },
      troubles: {
        redelivered: engine.redelivered,
        throttledRecords: engine.throttledRecords,
        throttledItems: tables.throttled,
        handlerErrors: engine.handlerErrors,
        discarded: engine.discarded,
      },
      balanceLagSeconds: engine.balanceLagSeconds,
      streams: [...live.streams, ...tableStreams(tables)],
      mappings: live.mappings,
      tables: tableStates(tables),
      faults: { settings: run.faults.settings, counts: run.faults.counts(engine, tables) },
      judgement: run.result && judgement(run.result),
    };
  }

  events(number: number): readonly LoggedEvent[] {
    return this.log.after(number);
  }

  async setRate(paymentsPerSecond: number): Promise<void> {
    if (this.run.phase.name !== 'load') {
      throw new CommandRefusedError('The rate can be changed while the load runs.');
    }
    await this.run.setRate(paymentsPerSecond);
  }

  async endLoad(): Promise<void> {
    if (this.run.phase.name === 'draining' || this.run.phase.name === 'judged') {
      throw new CommandRefusedError('The load has ended.');
    }
    this.run.endLoad();
  }

  async setFault(name: FaultName, value: number | undefined): Promise<void> {
    if (this.run.phase.name !== 'load' && this.run.phase.name !== 'input') {
      throw new CommandRefusedError('Faults strike while a load runs.');
    }
    if (!canStrike(faultNamed(name), this.parts)) {
      throw new CommandRefusedError('This system has nothing that the fault could strike.');
    }
    if (name === 'poison' && this.run.phase.name === 'input') {
      throw new CommandRefusedError('The lines of an input are posted as they are: none can be poisoned.');
    }
    try {
      await this.run.faults.set(name, value);
    } catch (error) {
      throw error instanceof FaultSettingError ? new CommandRefusedError(error.message) : error;
    }
  }
}

function judgement({ findings, verdict }: RunResult): Judgement {
  return { verdict, passed: isClean(verdict), findings: [...shortcomings(verdict), ...findings] };
}

function paymentCounts(progress: LiveProgress): PaymentCounts {
  const { sent, acked, refused, unanswered, late, acknowledgedKeys, settledKeys, parkedKeys } = progress;
  return { sent, acked, refused, unanswered, late, acknowledgedKeys, settledKeys, parked: parkedKeys };
}

function tableStates({ tables }: TableHostStatistics): TableState[] {
  return Object.entries(tables).map(([name, table]) => ({ name, ...pickLimits(table) }));
}

function pickLimits(table: TableHostStatistics['tables'][string]): Omit<TableState, 'name'> {
  const { partitions, readUnits, readUnitsPerSecond, throttledReads, throttledWrites, writeUnits, writeUnitsPerSecond } = table;
  return { partitions, readUnits, readUnitsPerSecond, throttledReads, throttledWrites, writeUnits, writeUnitsPerSecond };
}

/** A table's stream has no limits of its own; what is throttled is the table. A closed shard is heat of the past. */
function tableStreams({ tables }: TableHostStatistics): StreamState[] {
  return Object.entries(tables)
    .filter(([, { streamShards }]) => streamShards.length > 0)
    .map(([name, { streamShards }]) => ({
      name,
      kind: 'table-stream',
      shardLimits: undefined,
      shards: streamShards.filter(({ open }) => open).map((shard) => ({ ...shard, throttled: 0 })),
    }));
}
