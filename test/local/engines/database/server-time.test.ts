import type { ProcessTimes } from '../../../../local/engines/binary/process-times';
import { ServerTime } from '../../../../local/engines/database';

const times = (pid: number, title: string, microseconds: number, endedChildrenMicroseconds?: number): ProcessTimes => (
  { pid, title, microseconds, endedChildrenMicroseconds }
);
const owner = (pid: number, microseconds: number) => times(pid, 'postgres: postgres postgres 127.0.0.1(4711) idle', microseconds);
const writer = (pid: number, microseconds: number) => times(pid, 'postgres: ledger_writer postgres 127.0.0.1(4712) INSERT', microseconds);

describe('the CPU time of a server', () => {
  it('is its own and that of its children, without the connections of its owner', () => {
    const time = new ServerTime('postgres');
    time.look([times(1, '/bin/postgres', 5), times(2, 'postgres: checkpointer ', 7), times(3, 'postgres: autovacuum worker postgres', 1), owner(4, 1_000), writer(5, 20)]);
    expect(time.microseconds).toBe(33);
  });

  it('keeps that of children that have ended, as the platform tells or as last seen, but for the owner\'s', () => {
    const linux = new ServerTime('postgres');
    linux.look([times(1, 'postgres', 5, 0), owner(4, 1_000), writer(5, 20)]);
    linux.look([times(1, 'postgres', 6, 1_035), times(2, 'postgres: checkpointer ', 7)]);
    // 15 more are of what nobody has seen.
    expect(linux.microseconds).toBe(6 + 35 + 7);
    const other = new ServerTime('postgres');
    other.look([times(1, 'postgres', 5), owner(4, 1_000), writer(5, 20)]);
    other.look([times(1, 'postgres', 6)]);
    expect(other.microseconds).toBe(26);
  });

  it('goes on over a kill, whether that was told or not', () => {
    const time = new ServerTime('postgres');
    time.look([times(1, 'postgres', 5, 2), writer(5, 20)]);
    time.ended();
    expect(time.microseconds).toBe(27);
    time.look([times(9, 'postgres', 1, 1), writer(10, 3)]);
    expect(time.microseconds).toBe(32);
    time.look([times(11, 'postgres', 4, 0)]);
    expect(time.microseconds).toBe(36);
  });

  it('is told by user, over a kill as well, and apart from what nobody asked for', () => {
    const time = new ServerTime('postgres');
    time.look([times(1, 'postgres', 5, 0), times(2, 'postgres: checkpointer ', 7), owner(4, 1_000), writer(5, 20), writer(6, 1)]);
    time.look([times(1, 'postgres', 6, 25), times(2, 'postgres: checkpointer ', 8), owner(4, 1_100), writer(6, 2)]);
    expect([time.microsecondsOf('ledger_writer'), time.microsecondsOf('postgres'), time.microsecondsOf('nobody')]).toEqual([22, 1_100, 0]);
    // 5 are of the writer that has gone, at its end.
    expect(time.backgroundMicroseconds).toBe(6 + 8 + 5);
    time.ended();
    time.look([times(9, 'postgres', 1), writer(10, 3)]);
    expect(time.microsecondsOf('ledger_writer')).toBe(25);
    expect(time.backgroundMicroseconds).toBe(20);
    expect(time.microseconds).toBe(45);
  });

  it('is unknown once the platform did not tell', () => {
    const time = new ServerTime('postgres');
    time.look([times(1, 'postgres', 5)]);
    time.look(undefined);
    time.look([times(1, 'postgres', 6)]);
    expect(time.microseconds).toBeUndefined();
  });
});
