import fc from 'fast-check';
import { type EventSourceCommand, laneOf, seededRandom } from '../../../lib/event-source';
import { failed, FUNCTION_ERROR, Harness, START, SUCCESS, THROTTLED } from './harness';

/** One random run: a stream that is written, split and merged while the function fails and pollers are replaced. */
interface Plan {
  readonly seed: number;
  readonly batchSize: number;
  readonly lanes: number;
  readonly bisect: boolean;
  readonly reportItems: boolean;
  readonly window: number;
  readonly records: number;
  readonly keys: number;
  readonly splits: number;
  readonly restarts: readonly number[];
  readonly failureShare: number;
}

const PLAN: fc.Arbitrary<Plan> = fc.record({
  seed: fc.integer({ min: 0, max: 0x7fffffff }),
  batchSize: fc.integer({ min: 1, max: 12 }),
  lanes: fc.integer({ min: 1, max: 4 }),
  bisect: fc.boolean(),
  reportItems: fc.boolean(),
  window: fc.integer({ min: 0, max: 2 }),
  records: fc.integer({ min: 1, max: 80 }),
  keys: fc.integer({ min: 1, max: 12 }),
  splits: fc.integer({ min: 0, max: 3 }),
  restarts: fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 3 }),
  failureShare: fc.double({ min: 0, max: 0.6, noNaN: true }),
});

const FAULTS_END = START + 5000;

/** What a run showed. */
interface Run {
  readonly harness: Harness;
  /** Records that the function was done with when it answered. */
  readonly processed: Set<string>;
  /** Violations of the rules that hold at every moment. */
  readonly violations: string[];
}

function play(plan: Plan): Run {
  const faults = seededRandom(plan.seed);
  const processed = new Set<string>();
  const violations: string[] = [];
  const furthest = new Map<string, number>();
  const running = new Set<string>();
  const harness: Harness = new Harness({
    seed: plan.seed,
    readRecords: 7,
    invocationMilliseconds: () => 1 + Math.floor(faults.next() * 200),
    props: {
      batchSize: plan.batchSize,
      parallelizationFactor: plan.lanes,
      bisectBatchOnFunctionError: plan.bisect,
      reportBatchItemFailures: plan.reportItems,
      maximumBatchingWindowSeconds: plan.window,
    },
    handler: ({ shardId, records }) => {
      const fails = harness.now < FAULTS_END && faults.next() < plan.failureShare;
      const kind = Math.floor(faults.next() * 3);
      const cut = Math.floor(faults.next() * records.length);
      if (fails && kind === 0) {
        return THROTTLED;
      }
      const done = !fails ? records.length : kind === 2 && plan.reportItems ? cut : 0;
      records.slice(0, done).forEach((record) => processed.add(`${shardId}:${record.sequenceNumber}`));
      return !fails ? SUCCESS : kind === 2 && plan.reportItems ? failed(records[cut].sequenceNumber) : FUNCTION_ERROR;
    },
  });
  harness.onCommand = (command) => {
    watch(command, harness, { processed, violations, furthest, running });
  };
  const feed = harness.feed.bind(harness);
  harness.feed = (event) => {
    if (event.type === 'invoked') {
      running.delete(`${event.invocationId.split('#')[0]}/${laneOfInvocation(harness, event.invocationId)}`);
    } else if (event.type === 'restart') {
      running.clear();
    }
    return feed(event);
  };
  writeStream(plan, harness);
  for (const after of plan.restarts) {
    harness.at(START + after, () => harness.restart());
  }
  harness.list().run();
  return { harness, processed, violations };
}

function laneOfInvocation(harness: Harness, invocationId: string): number {
  return harness.invocations.find((invoke) => invoke.invocationId === invocationId)!.lane;
}

/** Writes records over three seconds into shards that are split, and merged again at last. */
function writeStream(plan: Plan, harness: Harness): void {
  const choices = seededRandom(plan.seed + 1);
  let open = ['s0'];
  harness.addShard('s0');
  let lastShard = 0;
  for (let index = 0; index < plan.records; index += 1) {
    harness.at(START + Math.floor((index * 3000) / plan.records), () => {
      const key = `key-${Math.floor(choices.next() * plan.keys)}`;
      harness.put(open[laneOf(key, open.length)], 1, { partitionKey: key });
    });
  }
  for (let split = 1; split <= plan.splits; split += 1) {
    harness.at(START + split * 700, () => {
      const [parent, ...rest] = open;
      const children = [`s${lastShard + 1}`, `s${lastShard + 2}`];
      lastShard += 2;
      children.forEach((child) => harness.addShard(child, [parent]));
      open = [...rest, ...children];
      harness.close(parent);
    });
  }
  harness.at(START + 2900, () => {
    if (open.length > 1) {
      const [first, second, ...rest] = open;
      harness.addShard('merged', [first, second]).close(first).close(second);
      open = [...rest, 'merged'];
    }
  });
}

interface Watched {
  readonly processed: ReadonlySet<string>;
  readonly violations: string[];
  readonly furthest: Map<string, number>;
  readonly running: Set<string>;
}

function watch(command: EventSourceCommand, harness: Harness, { processed, violations, furthest, running }: Watched): void {
  if (command.type === 'invoke') {
    const lane = `${command.shardId}/${command.lane}`;
    if (running.has(lane)) {
      violations.push(`two invocations at a time in ${lane}`);
    }
    running.add(lane);
    for (const record of command.records) {
      const place = `${command.shardId}/${record.partitionKey}`;
      const number = Number(record.sequenceNumber);
      const before = furthest.get(place) ?? 0;
      const skipped = harness.shards.get(command.shardId)!.records.filter((other) => (
        other.partitionKey === record.partitionKey && Number(other.sequenceNumber) > before && Number(other.sequenceNumber) < number
      ));
      if (skipped.length > 0) {
        violations.push(`record ${record.sequenceNumber} of ${place} came before ${skipped[0].sequenceNumber}`);
      }
      furthest.set(place, Math.max(before, number));
    }
    const parents = harness.shards.get(command.shardId)!.parents;
    for (const parent of parents) {
      if (harness.shards.get(parent)!.records.some((record) => !processed.has(`${parent}:${record.sequenceNumber}`))) {
        violations.push(`${command.shardId} began before its parent ${parent} was done`);
      }
    }
  } else if (command.type === 'checkpoint') {
    for (const record of harness.shards.get(command.shardId)!.records) {
      const behind = Number(record.sequenceNumber) <= Number(command.sequenceNumber);
      if (behind && !processed.has(`${command.shardId}:${record.sequenceNumber}`)) {
        violations.push(`the checkpoint ${command.sequenceNumber} of ${command.shardId} passed ${record.sequenceNumber}`);
      }
    }
  }
}

describe('any run of a mapping', () => {
  it('delivers every record, in order the first time, and never moves a checkpoint over a record that is not done', () => {
    fc.assert(fc.property(PLAN, (plan) => {
      const { harness, processed, violations } = play(plan);
      expect(violations).toEqual([]);
      const all = [...harness.shards].flatMap(([shardId, { records }]) => records.map((record) => `${shardId}:${record.sequenceNumber}`));
      expect(all).toHaveLength(plan.records);
      expect([...processed].sort()).toEqual([...all].sort());
      expect(harness.machine.quiescent).toBe(true);
      expect(harness.machine.counters.recordsDelivered).toBe(harness.batches.flat().length);
      for (const shard of harness.machine.status(harness.now)) {
        expect(shard.checkpoint).toBe(harness.shards.get(shard.shardId)!.records.at(-1)?.sequenceNumber);
      }
    }), { numRuns: 300 });
  });

  it('gives the same commands for the same seed', () => {
    fc.assert(fc.property(PLAN, (plan) => {
      expect(play(plan).harness.commands).toEqual(play(plan).harness.commands);
    }), { numRuns: 50 });
  });
});

describe('any run with bounded retries', () => {
  it('either processes or discards each record, and tries no batch more often than allowed', () => {
    fc.assert(fc.property(PLAN, fc.integer({ min: 0, max: 4 }), (plan, maximumRetryAttempts) => {
      const poison = seededRandom(plan.seed + 2);
      const bad = new Set(Array.from({ length: plan.records }, (_, index) => String(index + 1)).filter(() => poison.next() < 0.1));
      const processed = new Set<string>();
      const harness = new Harness({
        seed: plan.seed,
        props: { batchSize: plan.batchSize, parallelizationFactor: plan.lanes, bisectBatchOnFunctionError: true, maximumRetryAttempts },
        handler: ({ records, attempts }) => {
          expect(attempts).toBeLessThanOrEqual(maximumRetryAttempts);
          if (records.some((record) => bad.has(record.sequenceNumber))) {
            return FUNCTION_ERROR;
          }
          records.forEach((record) => processed.add(record.sequenceNumber));
          return SUCCESS;
        },
      });
      harness.addShard('a').put('a', plan.records, (index) => ({ partitionKey: `key-${index % plan.keys}` })).list().run();
      expect(new Set(harness.discards.flatMap((discard) => discard.records.map((record) => record.sequenceNumber)))).toEqual(bad);
      expect(processed.size).toBe(plan.records - bad.size);
      expect(harness.checkpoints().at(-1)).toBe(String(plan.records));
    }), { numRuns: 100 });
  });
});
