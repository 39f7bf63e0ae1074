import { configureEventSource, EventSourceMachine } from '../../../lib/event-source';
import { Harness, range, START, SUCCESS } from './harness';

const MEGABYTE = 1024 * 1024;

/** When each invocation began, in milliseconds after the start. */
function timed(harness: Harness): number[] {
  const times: number[] = [];
  harness.onCommand = (command) => {
    if (command.type === 'invoke') {
      times.push(harness.now - START);
    }
  };
  return times;
}

describe('batches', () => {
  it('hold at most batchSize records, in order', () => {
    const harness = new Harness({ props: { batchSize: 4 } });
    harness.addShard('a').put('a', 10).list().run();
    expect(harness.batches).toEqual([range(1, 4), range(5, 8), range(9, 10)]);
  });

  it('hold records of one shard', () => {
    const harness = new Harness({ props: { batchSize: 10 } });
    harness.addShard('a').put('a', 2).addShard('b').put('b', 3).list().run();
    expect(harness.invocations.map((invoke) => [invoke.shardId, invoke.records.length])).toEqual([['a', 2], ['b', 3]]);
  });

  it('stay under 6 MB of event', () => {
    const harness = new Harness({ props: { batchSize: 100 } });
    harness.addShard('a').put('a', 7, { payloadBytes: 2.5 * MEGABYTE }).list().run();
    expect(harness.batches.map((batch) => batch.length)).toEqual([2, 2, 2, 1]);
  });

  it('are sent before the window is over once they reach 6 MB', () => {
    const harness = new Harness({ props: { batchSize: 100, maximumBatchingWindowSeconds: 300 } });
    const times = timed(harness);
    harness.addShard('a').put('a', 3, { payloadBytes: 2.5 * MEGABYTE }).list().run();
    expect(times).toEqual([0, 10 + 300_000]);
    expect(harness.batches).toEqual([['1', '2'], ['3']]);
  });

  it('leave out a record that fits no event: it is discarded, and what surrounds it is processed', () => {
    const harness = new Harness();
    harness.addShard('a').put('a', 1).put('a', 1, { payloadBytes: 6 * MEGABYTE }).put('a', 1).list().run();
    expect(harness.batches).toEqual([['1', '3']]);
    expect(harness.discards.map(({ records, reason }) => [records[0].sequenceNumber, reason])).toEqual([['2', 'PayloadTooLarge']]);
    expect(harness.checkpoints().at(-1)).toBe('3');
  });

  it('are one at a time in a shard', () => {
    let running = 0;
    let most = 0;
    const harness = new Harness({
      props: { batchSize: 2 },
      handler: () => {
        running += 1;
        most = Math.max(most, running);
        return SUCCESS;
      },
    });
    const feed = harness.feed.bind(harness);
    harness.feed = (event) => {
      running -= event.type === 'invoked' ? 1 : 0;
      return feed(event);
    };
    harness.addShard('a').put('a', 20).list().run();
    expect([harness.invocations.length, most]).toEqual([10, 1]);
  });

  it('of different shards run at the same time', () => {
    const harness = new Harness();
    harness.addShard('a').put('a', 1).addShard('b').put('b', 1).list().run(START + 5);
    expect(harness.machine.invocationsInFlight).toBe(2);
  });

  it('are gathered for the batching window, which begins with the first record', () => {
    const harness = new Harness({ props: { batchSize: 100, maximumBatchingWindowSeconds: 5 } });
    const times = timed(harness);
    harness.addShard('a').list().run();
    harness.at(START + 1000, () => harness.put('a', 1)).at(START + 4000, () => harness.put('a', 1)).run();
    expect(times).toEqual([6000]);
    expect(harness.batches).toEqual([['1', '2']]);
  });

  it('are sent at once when they are full', () => {
    const harness = new Harness({ props: { batchSize: 2, maximumBatchingWindowSeconds: 5 } });
    const times = timed(harness);
    harness.addShard('a').list().at(START + 1000, () => harness.put('a', 2)).run();
    expect(times).toEqual([1000]);
  });

  it('begin their next window when the previous invocation ends', () => {
    const harness = new Harness({ props: { batchSize: 2, maximumBatchingWindowSeconds: 5 }, invocationMilliseconds: 2000 });
    const times = timed(harness);
    harness.addShard('a').put('a', 2).list();
    harness.at(START + 1000, () => harness.put('a', 1)).run();
    expect(times).toEqual([0, 2000 + 5000]);
  });

  it('begin a window with the next record after one that passed without any', () => {
    const harness = new Harness({ props: { batchSize: 2, maximumBatchingWindowSeconds: 5 } });
    const times = timed(harness);
    harness.addShard('a').put('a', 2).list();
    harness.at(START + 20_000, () => harness.put('a', 1)).run();
    expect(times).toEqual([0, 25_000]);
  });

  it('do not wait for the window at the end of a shard', () => {
    const harness = new Harness({ props: { maximumBatchingWindowSeconds: 300 } });
    const times = timed(harness);
    harness.addShard('a').put('a', 3).close('a').list().run();
    expect(times).toEqual([0]);
  });

  it('report the age of their last record', () => {
    const harness = new Harness();
    harness.addShard('a').put('a', 1, { arrivalTimestamp: START - 5000 }).put('a', 1, { arrivalTimestamp: START - 3000 }).list().run();
    expect(harness.machine.status(harness.now)[0]).toMatchObject({ shardId: 'a', phase: 'reading', checkpoint: '2', iteratorAgeMilliseconds: 3000 });
  });
});

describe('reading ahead', () => {
  it('fetches the next records while the function runs', () => {
    const harness = new Harness({ props: { batchSize: 10 }, readRecords: 10, invocationMilliseconds: 1000 });
    harness.addShard('a').put('a', 30).list().run(START + 500);
    expect(harness.machine.status(harness.now)[0]).toMatchObject({ invocationsInFlight: 1, unacknowledgedRecords: 20, lastReadSequenceNumber: '20' });
  });

  it('stops at the bound and goes on behind the checkpoint', () => {
    const harness = new Harness({ props: { batchSize: 10 }, invocationMilliseconds: 1000 });
    let most = 0;
    harness.onCommand = () => {
      most = Math.max(most, harness.machine.status(harness.now)[0]?.unacknowledgedRecords ?? 0);
    };
    harness.addShard('a').put('a', 200).list().run();
    expect(most).toBe(20);
    expect(harness.batches.flat()).toEqual(range(1, 200));
  });

  it('stops at the bound of bytes', () => {
    const harness = new Harness({ props: { batchSize: 1000 }, readRecords: 1, invocationMilliseconds: 1_000_000 });
    harness.addShard('a').put('a', 50, { payloadBytes: MEGABYTE }).list().run(START + 1000);
    expect(harness.machine.status(harness.now)[0].unacknowledgedRecords).toBe(12);
  });
});

describe('polling', () => {
  /** Milliseconds after the start at which a shard is read. */
  function readTimes(harness: Harness): number[] {
    const times: number[] = [];
    harness.onCommand = (command) => {
      if (command.type === 'read') {
        times.push(harness.now - START);
      }
    };
    return times;
  }

  it.each([['kinesis', 1000] as const, ['dynamodb', 250] as const])('looks at an idle shard of %s every %d ms', (source, pause) => {
    const harness = new Harness({ props: { source, enhancedFanOut: false } });
    const times = readTimes(harness);
    harness.addShard('a').list().run(START + 3 * pause);
    expect(times).toEqual([0, pause, 2 * pause, 3 * pause]);
  });

  it.each([['kinesis', 200] as const, ['dynamodb', 0] as const])('reads %s on while records remain, %d ms apart', (source, pause) => {
    const harness = new Harness({ props: { source, enhancedFanOut: false, batchSize: 100 }, readRecords: 10 });
    const times = readTimes(harness);
    harness.addShard('a').put('a', 40).list().run(START + 3 * pause);
    expect(times.slice(0, 4)).toEqual([0, pause, 2 * pause, 3 * pause]);
  });

  it('reads an expired iterator again at once, and other failures after a backoff', () => {
    const harness = new Harness({ props: { enhancedFanOut: false }, seed: 4 });
    const reads: [number, unknown][] = [];
    harness.onCommand = (command) => {
      if (command.type === 'read') {
        reads.push([harness.now - START, command.position]);
        const reason = reads.length === 2 ? 'expiredIterator' : reads.length === 3 ? 'unavailable' : undefined;
        if (reason !== undefined) {
          harness.at(harness.now, () => harness.feed({ type: 'readFailed', readId: command.readId, reason }));
        }
      }
    };
    harness.addShard('a').put('a', 2).list();
    // The harness answers reads too; the machine has to take only the first answer of each.
    harness.run(START + 1900);
    expect(reads.slice(0, 3).map(([at]) => at)).toEqual([0, 1000, 1000]);
    expect(reads[2][1]).toEqual({ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '2' });
    expect(harness.batches).toEqual([['1', '2']]);
  });

  it('backs off when the new iterator has expired too', () => {
    const machine = new EventSourceMachine(configureEventSource({
      source: 'kinesis', eventSourceArn: 'arn', startingPosition: { type: 'TRIM_HORIZON' },
    }), { random: { next: () => 0.5 } });
    const [first] = machine.handle({ type: 'shards', now: START, shards: [{ shardId: 'a', parentShardIds: [], closed: false }] });
    const expired = (readId: number) => machine.handle({ type: 'readFailed', now: START, readId, reason: 'expiredIterator' });
    const again = expired(first.type === 'read' ? first.readId : 0);
    expect(again).toEqual([expect.objectContaining({ type: 'read' })]);
    expect(expired(again[0].type === 'read' ? again[0].readId : 0)).toEqual([{ type: 'wake', at: START + 100 }]);
  });

  it('goes on at the oldest record when its place was trimmed, and counts it', () => {
    const harness = new Harness();
    harness.addShard('a').put('a', 1).list().run();
    const read = harness.commands.filter((command) => command.type === 'read').at(-1)!;
    harness.feed({ type: 'readFailed', readId: read.type === 'read' ? read.readId : 0, reason: 'trimmed' }).run();
    const last = harness.commands.filter((command) => command.type === 'read').at(-2)!;
    expect(last).toMatchObject({ position: { type: 'TRIM_HORIZON' } });
    expect(harness.machine.counters).toMatchObject({ readFailures: 1, trimmedReads: 1 });
  });
});
