import type { Percentiles } from '../../../local/checker/latency-meter';
import {
  CommandRefusedError, type DashboardFeed, EventLog, type LoggedEvent, type MappingState, type RunDescription, type RunPhase, type ShardState,
  type Snapshot, type StreamState, type TableState,
} from '../../../local/dashboard';
import { FAULTS, type FaultCounts, type FaultName, faultNamed } from '../../../local/faults';
import { SeededRandom } from '../../../local/random/seeded-random';
import type { Verdict } from '../../../local/run/verdict';

const PHASE_SECONDS = { starting: 1, probe: 3, draining: 3 };
const STREAM_SHARDS = 4;
const TABLE_SHARDS = 8;
const LEDGER_TABLES = ['reference-data-ledger-0', 'reference-data-ledger-1'];
const SHARD_LIMITS = { records: 1_000, bytes: 1_048_576 };
const PAYMENTS_PER_RECORD = 12;
const BYTES_PER_RECORD = 3_100;

export interface SyntheticFeedProps {
  /** @default 600 */
  readonly paymentsPerSecond?: number;
  /** Length of the load. @default 60 */
  readonly seconds?: number;
  /** Defects that the verdict tells of. @default - none */
  readonly lost?: number;
  /** @default - the machine's clock */
  readonly now?: () => number;
  /** Shards of the Kinesis stream. @default 4 */
  readonly streamShards?: number;
}

/** A run that never was: counters that grow as those of a run do, so that the page can be tried without one. */
export class SyntheticFeed implements DashboardFeed {
  readonly description: RunDescription = {
    faultParts: ['function', 'stream', 'table', 'ledger table', 'table stream', 'cache'],
    title: 'payment-reference, local',
    engines: { table: 'dynoxide 1.2.1', queue: 'fauxqs 1.9.2', stream: 'in-memory Kinesis of this kit', mappings: 'event source mappings of this kit' },
    seed: 20_261_122,
    mostPaymentsPerSecond: 5_000,
  };
  snapshots = 0;
  private readonly log = new EventLog();
  private readonly random = new SeededRandom(7);
  private readonly now: () => number;
  private readonly settings: { [name in FaultName]?: number } = {};
  private readonly counts = Object.fromEntries(FAULTS.map(({ name }) => [name, 0])) as { -readonly [name in FaultName]: number };
  private readonly payments = { sent: 0, acked: 0, refused: 0, unanswered: 0, late: 0, acknowledgedKeys: 0, settledKeys: 0, parked: 0 };
  private readonly troubles = { redelivered: 0, throttledRecords: 0, throttledItems: 0, handlerErrors: 0, discarded: 0 };
  private readonly shards: ReadonlyMap<string, (ShardState & { readonly weight: number })[]>;
  private readonly writeUnits = new Map<string, number>(LEDGER_TABLES.map((name) => [name, 0]));
  private rate: number;
  private phase: RunPhase = 'starting';
  private phaseSince: number;
  private at: number;
  private loadEndsAt = Infinity;
  private invocations = 0;

  constructor(private readonly props: SyntheticFeedProps = {}) {
    this.now = props.now ?? Date.now;
    this.phaseSince = this.at = this.now();
    this.rate = props.paymentsPerSecond ?? 600;
    const make = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => ({
      id: `${prefix}-${String(index).padStart(12, '0')}`, open: true, records: 0, bytes: 0, throttled: 0, weight: 0.6 + this.random.next() + (index === 2 ? 0.8 : 0),
    }));
    this.shards = new Map([
      ['reference-cell1-stream-payments', make(props.streamShards ?? STREAM_SHARDS, 'shardId')],
      ...LEDGER_TABLES.map((name): [string, ReturnType<typeof make>] => [name, make(TABLE_SHARDS, 'shardId-00000001')]),
    ]);
  }

  async snapshot(): Promise<Snapshot> {
    this.snapshots++;
    const seconds = (this.now() - this.at) / 1000;
    this.at = this.now();
    this.movePhase();
    this.flow(seconds);
    this.breakThings(seconds);
    return this.state(seconds);
  }

  events(number: number): readonly LoggedEvent[] {
    return this.log.after(number);
  }

  async setRate(paymentsPerSecond: number): Promise<void> {
    if (this.phase !== 'load') {
      throw new CommandRefusedError('The rate can be changed while the load runs.');
    }
    this.rate = paymentsPerSecond;
    this.say(undefined, `load ${paymentsPerSecond} payments/s`);
  }

  async endLoad(): Promise<void> {
    if (this.phase === 'draining' || this.phase === 'judged') {
      throw new CommandRefusedError('The load has ended.');
    }
    this.enter('draining');
  }

  async setFault(name: FaultName, value: number | undefined): Promise<void> {
    if (this.phase !== 'load') {
      throw new CommandRefusedError('Faults strike while a load runs.');
    }
    if (value === undefined) {
      delete this.settings[name];
    } else {
      this.settings[name] = value;
    }
    this.say(name, value === undefined ? 'off' : `on, ${value} ${faultNamed(name).unit}`);
  }

  private movePhase(): void {
    const age = (this.at - this.phaseSince) / 1000;
    if (this.phase === 'starting' && age >= PHASE_SECONDS.starting) {
      this.enter('probe');
    } else if (this.phase === 'probe' && age >= PHASE_SECONDS.probe) {
      this.enter('load');
      this.loadEndsAt = this.phaseSince + (this.props.seconds ?? 60) * 1000;
    } else if (this.phase === 'load' && this.at >= this.loadEndsAt) {
      this.enter('draining');
    } else if (this.phase === 'draining' && age >= PHASE_SECONDS.draining) {
      this.payments.settledKeys = this.payments.acknowledgedKeys;
      this.enter('judged');
    }
  }

  private enter(phase: RunPhase): void {
    this.phase = phase;
    this.phaseSince = this.at;
    if (phase === 'draining') {
      Object.keys(this.settings).forEach((name) => delete this.settings[name as FaultName]);
    }
    this.say(undefined, phase === 'load' ? `load ${this.rate} payments/s` : phase);
  }

  private flow(seconds: number): void {
    const { payments } = this;
    const isSending = this.phase === 'probe' || this.phase === 'load';
    const sent = isSending ? Math.round(this.rate * seconds * (0.94 + 0.12 * this.random.next())) : 0;
    const refused = Math.round(sent * (this.settings['stream-unavailable'] === undefined ? 0 : 0.9));
    const unanswered = this.settings['kill-api'] === undefined ? 0 : Math.min(sent - refused, Math.round(3 * this.random.next()));
    payments.sent += sent;
    payments.refused += refused;
    payments.unanswered += unanswered;
    payments.acked += sent - refused - unanswered;
    payments.acknowledgedKeys += Math.round((sent - refused - unanswered) * 0.99);
    const open = payments.acknowledgedKeys - payments.settledKeys;
    const slow = this.settings['throttle-table'] !== undefined || this.settings['slow-handler'] !== undefined ? 0.55 : 0.93;
    payments.settledKeys += Math.round(open * slow);
    for (const [name, shards] of this.shards) {
      const records = sent / (name.endsWith('payments') ? PAYMENTS_PER_RECORD : LEDGER_TABLES.length);
      const weights = shards.reduce((sum, { weight }) => sum + weight, 0);
      this.shards.get(name)!.splice(0, shards.length, ...shards.map((shard) => {
        const share = Math.round(records * shard.weight / weights * (0.9 + 0.2 * this.random.next()));
        return { ...shard, records: shard.records + share, bytes: shard.bytes + share * BYTES_PER_RECORD };
      }));
    }
    this.writeUnits.forEach((units, name) => this.writeUnits.set(name, units + sent / LEDGER_TABLES.length));
    this.invocations += Math.ceil(sent / 90);
  }

  private breakThings(seconds: number): void {
    for (const [name, value] of Object.entries(this.settings) as [FaultName, number][]) {
      const { unit } = faultNamed(name);
      const strikes = unit === 'seconds' ? seconds / value : unit === 'probability' ? seconds * 8 * value * 10 : seconds * 6;
      const whole = Math.floor(strikes + this.random.next());
      if (whole > 0) {
        this.counts[name] += whole;
        this.troubles.redelivered += name === 'kill-worker' ? 40 * whole : whole;
        this.troubles.handlerErrors += name === 'kill-worker' ? whole : 0;
        this.troubles.throttledItems += name === 'throttle-table' ? 25 * whole : 0;
        this.payments.parked += name === 'poison' ? whole : 0;
        this.say(name, whole === 1 ? 'struck' : `struck ${whole} times`);
      }
    }
  }

  private say(fault: FaultName | undefined, text: string): void {
    this.log.add({ at: this.at, fault, text });
  }

  private state(seconds: number): Snapshot {
    const { at, phase, phaseSince, payments, troubles } = this;
    const isMoving = (phase === 'probe' || phase === 'load') && seconds > 0;
    const slower = 1 + Object.keys(this.settings).length * 0.8;
    const recent = (base: number): Percentiles | undefined => {
      const p50 = Math.round(base * slower * (0.85 + 0.3 * this.random.next()));
      return isMoving ? { p50, p95: Math.round(p50 * 2.1), p99: Math.round(p50 * (3 + this.random.next())), p999: p50 * 6 } : undefined;
    };
    const all = (base: number): Percentiles => ({ p50: base, p95: base * 2, p99: base * 4, p999: base * 7 });
    const verdict = phase === 'judged' ? this.verdict() : undefined;
    return {
      at,
      phase,
      phaseSince,
      load: {
        paymentsPerSecond: phase === 'load' ? this.rate : undefined,
        adjustable: phase === 'load',
        endsAt: phase === 'load' ? this.loadEndsAt : undefined,
      },
      payments: { ...payments },
      accept: { all: all(13), recent: recent(13) },
      settle: { all: all(27), recent: recent(27) },
      books: { lost: undefined, doubled: 0, outOfBalance: undefined },
      troubles: { ...troubles },
      balanceLagSeconds: isMoving ? 0.4 * slower * (0.6 + 0.8 * this.random.next()) : 0,
      streams: this.streams(),
      mappings: this.mappings(isMoving, slower),
      tables: this.tables(),
      faults: { settings: { ...this.settings }, counts: { ...this.counts } satisfies FaultCounts },
      judgement: verdict && {
        verdict,
        passed: verdict.lost === 0,
        findings: verdict.lost === 0 ? [] : ['merchant-17/s7-000412: acknowledged with 202, in no table', 'merchant-3/s7-001977: acknowledged with 202, in no table'],
      },
    };
  }

  private streams(): StreamState[] {
    return [...this.shards].map(([name, shards]) => ({
      name,
      kind: name.endsWith('payments') ? 'kinesis' : 'table-stream',
      shardLimits: name.endsWith('payments') ? SHARD_LIMITS : undefined,
      shards: shards.map(({ id, open, records, bytes, throttled }) => ({ id, open, records, bytes, throttled })),
    }));
  }

  private mappings(isMoving: boolean, slower: number): MappingState[] {
    const shared = { invocations: this.invocations, inFlight: isMoving ? 2 : 0, throttles: 0, discarded: 0 };
    const age = (base: number) => (isMoving ? Math.round(base * slower * (0.7 + 0.6 * this.random.next())) : base);
    return [
      {
        ...shared, id: 'worker', functionName: 'reference-cell1-worker', source: 'kinesis', sourceName: 'reference-cell1-stream-payments', iteratorAge: age(35),
        oldestRecordAge: age(60), delivered: this.payments.settledKeys, redelivered: this.troubles.redelivered, errors: this.troubles.handlerErrors,
      },
      ...LEDGER_TABLES.map((sourceName, index): MappingState => ({
        ...shared, id: `projector-${index}`, functionName: 'reference-data-balance-projector', source: 'table-stream', sourceName, iteratorAge: age(240),
        oldestRecordAge: age(310), delivered: Math.round(this.payments.settledKeys / 2), redelivered: 0, errors: 0,
      })),
      {
        ...shared, id: 'refunds', functionName: 'reference-data-refund-worker', source: 'queue', sourceName: 'reference-data-refunds', iteratorAge: undefined,
        oldestRecordAge: undefined, invocations: 12, inFlight: 0, delivered: 14, redelivered: 0, errors: 0,
      },
    ];
  }

  private tables(): TableState[] {
    const factor = this.settings['throttle-table'] ?? 1;
    return LEDGER_TABLES.map((name) => ({
      name, writeUnits: this.writeUnits.get(name)!, readUnits: 40, writeUnitsPerSecond: 4_000 * factor, readUnitsPerSecond: 12_000, partitions: 4,
      throttledWrites: Math.round(this.troubles.throttledItems / LEDGER_TABLES.length), throttledReads: 0,
    }));
  }

  private verdict(): Verdict {
    const { sent, acked, refused, unanswered, late, acknowledgedKeys, parked } = this.payments;
    const lost = this.props.lost ?? 0;
    return {
      sent, acked, refused, unanswered, late,
      applied: acknowledgedKeys - lost - parked, duplicates: acked - acknowledgedKeys, rejected: 0, parked, lost, doubled: 0, outOfBalance: 0,
      redelivered: this.troubles.redelivered,
      throttled: this.troubles.throttledItems,
      kills: this.counts['kill-worker'] + this.counts['kill-api'],
      killMoments: {
        inside: Math.ceil((this.counts['kill-worker'] + this.counts['kill-api']) / 2),
        afterEffects: Math.floor((this.counts['kill-worker'] + this.counts['kill-api']) / 2),
      },
      parkedUnreadable: 0,
      unreadablePut: 0,
      faults: Object.fromEntries(Object.entries(this.counts).filter(([, count]) => count > 0)),
      drained: true,
      handlerErrors: this.troubles.handlerErrors,
      paymentsPerSecond: this.rate,
      acceptMs: { p50: 13, p95: 26, p99: 52, p999: 91 },
      settleMs: { p50: 27, p95: 54, p99: 108, p999: 189 },
      engine: this.description.engines,
      seed: this.description.seed,
      templateHash: '5f3c09d1e2aa41b7c8d9',
    };
  }
}
