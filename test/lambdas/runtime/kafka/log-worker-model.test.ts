import fc from 'fast-check';
import { LogWorker } from '../../../../lambdas/runtime/kafka/log-worker';
import { MemoryRecordLog } from '../../../../lambdas/runtime/kafka/memory-record-log';
import type { Membership, RecordLogGroup } from '../../../../lambdas/runtime/kafka/record-log';
import { ManualClock } from '../producer/manual-clock';
import { RecordedMetrics, recordedLogger } from '../support/silent';

const PARTITIONS = 3;
const WORKERS = 3;

/** What happens next. Each has a number that its choices follow from. */
const happening = fc.tuple(
  fc.constantFrom('publish', 'publish', 'pass', 'pass', 'crash', 'hang', 'start', 'drain', 'deal', 'fail', 'mend', 'end'), fc.nat(1_000_000),
);

/** A worker and what it may still do: one that was taken for dead goes on for a while, as a process that hangs does. */
interface Started {
  readonly worker: LogWorker;
  memberships: Membership[];
  isDead: boolean;
}

class Run {
  public readonly clock = new ManualClock();
  public readonly log = new MemoryRecordLog({ partitions: PARTITIONS, clock: this.clock, rebalanceMilliseconds: 50 });
  public readonly group = this.log.group('workers');
  public readonly applied = new Set<string>();
  public published = 0;
  public violations: string[] = [];
  private failing = false;
  private readonly started: Started[] = [];

  public constructor(private readonly choose: (below: number) => number) {}

  public async happen(what: string, number: number): Promise<void> {
    const alive = this.started.filter(({ isDead }) => !isDead);
    const one = alive[number % Math.max(1, alive.length)];
    switch (what) {
      case 'publish':
        await this.log.publish(Array.from({ length: 1 + number % 20 }, () => ({ partition: number % PARTITIONS, value: Buffer.of(1) })));
        this.published += 1 + number % 20;
        break;
      case 'crash':
        // Gone at once; what is under way may still have its effect, and the group hears of it later.
        if (one !== undefined) {
          one.isDead = true;
          void this.clock.sleep(number % 500).then(() => one.memberships.forEach((membership) => this.group.expire(membership)));
        }
        break;
      case 'hang':
        // The group takes it for dead, and it does not know.
        one?.memberships.forEach((membership) => this.group.expire(membership));
        if (one !== undefined) {
          void this.clock.sleep(300).then(() => { one.isDead = true; });
        }
        break;
      case 'start':
        if (alive.length < WORKERS) {
          this.start();
        }
        break;
      case 'drain':
        if (one !== undefined) {
          void one.worker.drain().then(() => { one.isDead = true; });
        }
        break;
      case 'deal': this.group.deal(); break;
      case 'fail': this.failing = true; break;
      case 'mend': this.failing = false; break;
      default: break;
    }
    await this.clock.advance(number % 400);
  }

  /** Faults cease, and one worker is left to do the rest. */
  public async finish(): Promise<void> {
    this.failing = false;
    for (const one of this.started) {
      one.isDead = true;
      one.memberships.forEach((membership) => this.group.expire(membership));
    }
    this.start();
    await this.clock.advance(20_000);
  }

  private start(): void {
    const started: Started = { memberships: [], isDead: false } as unknown as Started;
    const group: RecordLogGroup = {
      join: async (listener) => {
        const membership = await this.group.join({
          rebalancing: () => started.isDead || listener.rebalancing(),
          assigned: (partitions) => started.isDead || listener.assigned(partitions),
          ended: (error) => listener.ended(error),
        });
        started.memberships.push(membership);
        return this.watched(membership, started);
      },
    };
    const worker = new LogWorker({
      group, clock: this.clock, random: () => this.choose(1_000) / 1_000, metrics: new RecordedMetrics(), logger: recordedLogger().logger,
      batchRecords: 4, recordsInFlight: 10, concurrentBatches: 2, backoffMilliseconds: 20, maximumBackoffMilliseconds: 200, fetchMilliseconds: 20,
      commitMilliseconds: 30,
      settle: async (records, partition) => {
        const end = this.failing ? this.choose(records.length + 1) : records.length;
        await this.clock.sleep(this.choose(60));
        // Those behind the failure may have their effect as well, as in a bulk of which one row failed.
        records.forEach(({ offset }, index) => {
          if (index < end || this.choose(2) === 0) {
            this.apply(`${partition}:${offset}`);
          }
        });
        if (this.failing && this.choose(5) === 0) {
          throw new Error('the answer was lost');
        }
        return end;
      },
    });
    this.started.push(Object.assign(started, { worker }));
    void worker.run();
  }

  private apply(key: string): void {
    this.applied.add(key);
  }

  private watched(membership: Membership, started: Started): Membership {
    return {
      fetch: (...given) => (started.isDead ? new Promise(() => undefined) : membership.fetch(...given)),
      leave: () => (started.isDead ? Promise.resolve() : membership.leave()),
      commit: async (offsets) => {
        if (started.isDead) {
          return new Promise(() => undefined);
        }
        if (this.failing && this.choose(4) === 0) {
          throw new Error('no answer');
        }
        await membership.commit(offsets);
        this.check();
        return undefined;
      },
    };
  }

  /** What is committed has its effect. */
  public check(): void {
    this.group.committed.forEach((offset, partition) => {
      for (let below = 0; below < offset; below++) {
        if (!this.applied.has(`${partition}:${below}`)) {
          this.violations.push(`${partition}:${below} is below the committed ${offset} and has no effect`);
        }
      }
    });
  }
}

describe('workers of a group', () => {
  it('never commit past what has no effect, and leave nothing out, whatever crashes, hangs, moves and fails', async () => {
    const some = fc.array(happening, { minLength: 5, maxLength: 40 });
    await fc.assert(fc.asyncProperty(some, fc.infiniteStream(fc.nat(1_000_000)), async (happenings, choices) => {
      const run = new Run((below) => choices.next().value! % below);
      await run.happen('start', 0);
      for (const [what, number] of happenings) {
        await run.happen(what, number);
      }
      await run.finish();
      run.check();
      expect(run.violations).toEqual([]);
      expect(run.applied.size).toBe(run.published);
      expect([...run.group.committed.values()].reduce((sum, offset) => sum + offset, 0)).toBe(run.published);
    }), { numRuns: 40 });
  }, 60_000);
});
