import * as fc from 'fast-check';
import { GroupCoordinator } from '../../../../local/engines/log/group/group-coordinator';
import type { JoinRequest, JoinResult, SyncResult } from '../../../../local/engines/log/group/group-messages';
import { ERROR } from '../../../../local/engines/log/protocol/error-codes';
import { ManualClock } from '../../event-sources/manual-clock';

const GROUP = 'workers';
const SESSION = 10_000;
const REBALANCE = 30_000;

/** Version 0, one topic `t`, no user data. */
const READS_T = Buffer.from([0, 0, 0, 0, 0, 1, 0, 1, 0x74, 0xff, 0xff, 0xff, 0xff]);

class Room {
  readonly clock = new ManualClock(0);
  private ids = 0;
  readonly coordinator = new GroupCoordinator({
    clock: this.clock, newMemberId: (clientId) => `${clientId}-${++this.ids}`, sessionMilliseconds: { least: 6_000, most: 60_000 },
  });

  request(memberId: string, said: Partial<JoinRequest> = {}): JoinRequest {
    return {
      sessionTimeoutMs: SESSION, rebalanceTimeoutMs: REBALANCE, memberId, protocolType: 'consumer', protocols: [{ name: 'roundrobin', metadata: READS_T }], ...said,
    };
  }

  /** Asks for an id. */
  announce(clientId: string): string {
    const result: { it?: JoinResult } = {};
    this.coordinator.join(clientId, GROUP, this.request(''), (answer) => { result.it = answer; });
    expect(result.it!.errorCode).toBe(ERROR.MEMBER_ID_REQUIRED);
    return result.it!.memberId;
  }

  join(memberId: string, said: Partial<JoinRequest> = {}): { it?: JoinResult } {
    const result: { it?: JoinResult } = {};
    this.coordinator.join(memberId.split('-')[0], GROUP, this.request(memberId, said), (answer) => { result.it = answer; });
    return result;
  }

  sync(memberId: string, generationId: number, parts: Readonly<Record<string, string>> = {}): { it?: SyncResult } {
    const result: { it?: SyncResult } = {};
    const assignments = Object.entries(parts).map(([id, part]) => ({ memberId: id, assignment: Buffer.from(part) }));
    this.coordinator.sync(GROUP, { memberId, generationId, protocolName: 'roundrobin', assignments }, (answer) => { result.it = answer; });
    return result;
  }

  heartbeat(memberId: string, generationId: number): number {
    return this.coordinator.heartbeat(GROUP, memberId, generationId);
  }

  /** Members that are settled in a round of their own. */
  settled(...clientIds: readonly string[]): string[] {
    const ids = clientIds.map((clientId) => this.announce(clientId));
    const results = ids.map((id) => this.join(id));
    const { generationId } = results[0].it!;
    ids.forEach((id) => this.sync(id, generationId, Object.fromEntries(ids.map((each) => [each, `part of ${each}`]))));
    expect(this.standing).toMatchObject({ state: 'stable', members: clientIds });
    return ids;
  }

  get standing(): GroupCoordinator['standings'][number] {
    return this.coordinator.standings.find(({ name }) => name === GROUP)!;
  }
}

describe('a round of a group', () => {
  it('waits for all whose ids were given out', () => {
    const room = new Room();
    const [a, b] = [room.announce('a'), room.announce('b')];
    const first = room.join(a);
    expect(first.it).toBeUndefined();
    const second = room.join(b);
    expect(first.it).toMatchObject({ errorCode: 0, generationId: 1, leader: a, members: [{ memberId: a }, { memberId: b }] });
    expect(second.it).toMatchObject({ errorCode: 0, generationId: 1, leader: a, members: [] });
  });

  it('waits no longer for one that does not come back with its id', async () => {
    const room = new Room();
    room.announce('gone');
    const { it } = await (async () => {
      const joined = room.join(room.announce('a'));
      await room.clock.advance(SESSION - 1);
      expect(joined.it).toBeUndefined();
      await room.clock.advance(1);
      return joined;
    })();
    expect(it).toMatchObject({ errorCode: 0, generationId: 1 });
  });

  it('gives each what the leader dealt out to it, and waits for the leader', () => {
    const room = new Room();
    const [a, b] = [room.announce('a'), room.announce('b')];
    [a, b].forEach((id) => room.join(id));
    const second = room.sync(b, 1);
    expect(second.it).toBeUndefined();
    const first = room.sync(a, 1, { [b]: 'all' });
    expect([first.it!.assignment.toString(), second.it!.assignment.toString()]).toEqual(['', 'all']);
  });

  it('begins anew when another one comes, and tells those that are in it', () => {
    const room = new Room();
    const [a] = room.settled('a');
    const b = room.join(room.announce('b'));
    expect([room.heartbeat(a, 1), b.it]).toEqual([ERROR.REBALANCE_IN_PROGRESS, undefined]);
    expect(room.join(a).it).toMatchObject({ generationId: 2 });
    expect(b.it).toMatchObject({ generationId: 2 });
  });

  it('goes on without a member that does not say that it stays', async () => {
    const room = new Room();
    const [a, b] = room.settled('a', 'b');
    const c = room.join(room.announce('c'));
    const again = room.join(a);
    // It gives a word, and does not join.
    for (let time = 0; time < REBALANCE; time += 5_000) {
      expect([room.heartbeat(b, 1), again.it]).toEqual([ERROR.REBALANCE_IN_PROGRESS, undefined]);
      await room.clock.advance(5_000);
    }
    expect([again.it!.generationId, c.it!.generationId, again.it!.members.length]).toEqual([2, 2, 2]);
    expect(room.heartbeat(b, 1)).toBe(ERROR.UNKNOWN_MEMBER_ID);
  });

  it('begins anew without those that do not ask for their part', async () => {
    const room = new Room();
    const [a, b] = [room.announce('a'), room.announce('b')];
    [a, b].forEach((id) => room.join(id));
    const waiting = room.sync(b, 1);
    for (let time = 0; time < REBALANCE; time += 5_000) {
      // The leader lives, and deals nothing out.
      expect(room.heartbeat(a, 1)).toBe(ERROR.NONE);
      await room.clock.advance(5_000);
    }
    expect(waiting.it).toMatchObject({ errorCode: ERROR.REBALANCE_IN_PROGRESS });
    expect(room.join(b).it).toMatchObject({ generationId: 2, leader: b });
    expect(room.heartbeat(a, 1)).toBe(ERROR.UNKNOWN_MEMBER_ID);
  });

  it('is not begun by one that only asks again', () => {
    const room = new Room();
    const [a, b] = room.settled('a', 'b');
    expect(room.join(b).it).toMatchObject({ errorCode: 0, generationId: 1, memberId: b });
    expect(room.sync(b, 1).it!.assignment.toString()).toBe(`part of ${b}`);
    // The leader may see something new to be dealt out.
    expect([room.join(a).it, room.heartbeat(b, 1)]).toEqual([undefined, ERROR.REBALANCE_IN_PROGRESS]);
  });

  it('is begun by one that says something else of itself', () => {
    const room = new Room();
    const [a, b] = room.settled('a', 'b');
    expect(room.join(b, { protocols: [{ name: 'roundrobin', metadata: Buffer.from('else') }] }).it).toBeUndefined();
    expect(room.heartbeat(a, 1)).toBe(ERROR.REBALANCE_IN_PROGRESS);
  });

  it('leaves no question open of one that asks twice', () => {
    const room = new Room();
    const [a, b] = room.settled('a', 'b');
    const twice = [room.join(a), room.join(a)];
    room.join(b);
    const parts = [room.sync(b, 2), room.sync(b, 2)];
    room.sync(a, 2, { [b]: 'all' });
    expect(twice.map(({ it }) => it!.errorCode)).toEqual([ERROR.UNKNOWN_MEMBER_ID, ERROR.NONE]);
    expect(parts.map(({ it }) => it!.errorCode)).toEqual([ERROR.UNKNOWN_MEMBER_ID, ERROR.NONE]);
  });

  it('uses the way to deal out that all know and most like best', () => {
    const room = new Room();
    const knowing = (...names: string[]): Partial<JoinRequest> => ({ protocols: names.map((name) => ({ name, metadata: READS_T })) });
    const ids = ['a', 'b', 'c'].map((each) => room.announce(each));
    const first = room.join(ids[0], knowing('x', 'y', 'z'));
    room.join(ids[1], knowing('z', 'y'));
    room.join(ids[2], knowing('z', 'y', 'x'));
    expect(first.it).toMatchObject({ protocolName: 'z' });
  });
});

describe('a member with a name of its own', () => {
  const called = (instance: string): Partial<JoinRequest> => ({ groupInstanceId: instance });

  /** Two members that are settled, the leader with a name. */
  function room(): { room: Room; leader: string; other: string } {
    const it = new Room();
    const leader = joined(it, 'a', called('pod')).it!.memberId;
    const other = it.announce('b');
    it.join(other);
    expect(it.join(leader, called('pod')).it).toMatchObject({ generationId: 2, leader });
    it.sync(other, 2);
    it.sync(leader, 2, { [leader]: 'one', [other]: 'other' });
    expect(it.standing).toMatchObject({ state: 'stable' });
    return { room: it, leader, other };
  }

  /** Comes without an id. */
  function joined(it: Room, clientId: string, said: Partial<JoinRequest>): { it?: JoinResult } {
    const result: { it?: JoinResult } = {};
    it.coordinator.join(clientId, GROUP, it.request('', said), (answer) => { result.it = answer; });
    return result;
  }

  it('goes on with its part when it comes back, and nobody else hears of it', async () => {
    const { leader, other, room: it } = room();
    await it.clock.advance(SESSION - 1);
    expect(it.heartbeat(other, 2)).toBe(ERROR.NONE);
    const back = joined(it, 'a', called('pod')).it!;
    expect(back).toMatchObject({ errorCode: 0, generationId: 2, leader: back.memberId, skipAssignment: true });
    expect(back.members.map(({ memberId }) => memberId).sort()).toEqual([back.memberId, other].sort());
    expect(it.sync(back.memberId, 2).it!.assignment.toString()).toBe('one');
    expect([it.heartbeat(other, 2), it.heartbeat(back.memberId, 2)]).toEqual([ERROR.NONE, ERROR.NONE]);
    expect(it.coordinator.commitRefusal(GROUP, leader, 2)).toBe(ERROR.UNKNOWN_MEMBER_ID);
    expect(it.coordinator.heartbeat(GROUP, leader, 2, 'pod')).toBe(ERROR.FENCED_INSTANCE_ID);
    // The session of the one that died does not end another one's.
    await it.clock.advance(SESSION - 1);
    expect(it.heartbeat(back.memberId, 2)).toBe(ERROR.NONE);
  });

  it('is taken for dead like any other when it stays away', async () => {
    const { other, room: it } = room();
    for (let time = 0; time < SESSION; time += SESSION / 2) {
      it.heartbeat(other, 2);
      await it.clock.advance(SESSION / 2);
    }
    expect(it.heartbeat(other, 2)).toBe(ERROR.REBALANCE_IN_PROGRESS);
    expect(it.join(other).it).toMatchObject({ generationId: 3 });
    // Its name is free again, and it comes as a new one.
    const late = joined(it, 'a', called('pod'));
    it.join(other);
    expect(late.it).toMatchObject({ errorCode: 0, generationId: 4, leader: other });
  });

  it('takes its place in a round that waits for it', () => {
    const { leader, other, room: it } = room();
    const newcomer = it.join(it.announce('c'));
    const again = it.join(other);
    expect([newcomer.it, again.it]).toEqual([undefined, undefined]);
    const back = joined(it, 'a', called('pod'));
    expect(back.it).toMatchObject({ generationId: 3, leader: back.it!.memberId, skipAssignment: false });
    expect([newcomer.it!.generationId, again.it!.generationId]).toEqual([3, 3]);
    expect(it.join(leader, called('pod')).it).toMatchObject({ errorCode: ERROR.FENCED_INSTANCE_ID });
  });

  it('is told so when another one takes its name while it waits', () => {
    const { leader, other, room: it } = room();
    it.join(it.announce('c'));
    const waiting = it.join(leader, called('pod'));
    const back = joined(it, 'a', called('pod'));
    expect(waiting.it).toMatchObject({ errorCode: ERROR.FENCED_INSTANCE_ID });
    it.join(other);
    expect(back.it).toMatchObject({ generationId: 3, leader: back.it!.memberId });
  });

  it('has the group dealt out anew when the way to deal out changes with it', () => {
    const it = new Room();
    const knowing = (...names: string[]): Partial<JoinRequest> => ({ ...called('pod'), protocols: names.map((name) => ({ name, metadata: READS_T })) });
    const first = joined(it, 'a', knowing('x', 'y')).it!;
    it.coordinator.sync(GROUP, { memberId: first.memberId, generationId: 1, protocolName: 'x', assignments: [] }, () => undefined);
    expect(joined(it, 'a', knowing('y', 'x')).it).toMatchObject({ generationId: 2, protocolName: 'y', skipAssignment: false });
  });
});

describe('a member', () => {
  it('is taken for dead when it says nothing for its session, and the others are dealt out anew', async () => {
    const room = new Room();
    const [a, b] = room.settled('a', 'b');
    await room.clock.advance(SESSION - 1);
    expect(room.heartbeat(b, 1)).toBe(ERROR.NONE);
    await room.clock.advance(1);
    expect([room.heartbeat(a, 1), room.heartbeat(b, 1)]).toEqual([ERROR.UNKNOWN_MEMBER_ID, ERROR.REBALANCE_IN_PROGRESS]);
    expect(room.join(b).it).toMatchObject({ generationId: 2, leader: b });
  });

  it('gives a word by a commit as well', async () => {
    const room = new Room();
    const [a] = room.settled('a');
    for (let round = 0; round < 3; round++) {
      await room.clock.advance(SESSION - 1);
      expect(room.coordinator.commitRefusal(GROUP, a, 1)).toBe(ERROR.NONE);
    }
  });

  it('that has left may not commit, and the last one leaves an empty group with its offsets', () => {
    const room = new Room();
    const [a] = room.settled('a');
    expect(room.coordinator.leave(GROUP, a)).toBe(ERROR.NONE);
    room.coordinator.commit(GROUP, 't', 0, { offset: 5, leaderEpoch: 0, metadata: null });
    expect(room.coordinator.commitRefusal(GROUP, a, 1)).toBe(ERROR.UNKNOWN_MEMBER_ID);
    expect(room.standing).toMatchObject({ state: 'empty', generation: 2, members: [], topics: ['t'] });
    expect(room.coordinator.committed(GROUP, 't', 0)).toMatchObject({ offset: 5 });
  });

  it('that is told to leave does so while it waits', () => {
    const room = new Room();
    const [a] = room.settled('a');
    const b = room.announce('b');
    const waiting = room.join(b);
    expect(room.coordinator.leave(GROUP, b)).toBe(ERROR.NONE);
    expect(waiting.it).toMatchObject({ errorCode: ERROR.UNKNOWN_MEMBER_ID });
    expect(room.join(a).it).toMatchObject({ generationId: 2, members: [{ memberId: a }] });
  });

  it('is not dead while nothing can be heard of it, and its session begins anew then', async () => {
    const room = new Room();
    const [a] = room.settled('a');
    room.coordinator.pause();
    await room.clock.advance(10 * SESSION);
    room.coordinator.resume();
    await room.clock.advance(SESSION - 1);
    expect(room.heartbeat(a, 1)).toBe(ERROR.NONE);
    await room.clock.advance(SESSION);
    expect(room.heartbeat(a, 1)).toBe(ERROR.UNKNOWN_MEMBER_ID);
  });
});

describe('what groups have of a partition', () => {
  it('is passed when every group that reads the topic has committed it', () => {
    const room = new Room();
    const commit = (group: string, offset: number): void => room.coordinator.commit(group, 't', 0, { offset, leaderEpoch: 0, metadata: null });
    const passed = [room.coordinator.passed('t', 0)];
    commit('one', 7);
    passed.push(room.coordinator.passed('t', 0));
    commit('other', 3);
    passed.push(room.coordinator.passed('t', 0));
    // A group with a member that has committed nothing.
    room.settled('a');
    passed.push(room.coordinator.passed('t', 0));
    expect(passed).toEqual([0, 7, 3, 0]);
  });

  it('is counted when it is given again', () => {
    const room = new Room();
    room.settled('a', 'b');
    const deliver = (clientId: string, from: number, next: number): number => {
      room.coordinator.delivered(clientId, 't', 0, from, next);
      return room.standing.recordsRedelivered;
    };
    expect([deliver('a', 0, 10), deliver('a', 10, 12), deliver('b', 5, 20), deliver('a', 0, 3), deliver('nobody', 0, 20)]).toEqual([0, 0, 7, 10, 10]);
  });
});

describe('whatever members do', () => {
  it('a generation is dealt out once, none holds without being a member, and no question stays open for ever', async () => {
    const action = fc.record({ who: fc.nat(2), what: fc.constantFrom('join', 'join', 'sync', 'sync', 'heartbeat', 'leave', 'wait'), wait: fc.integer({ min: 1, max: 12_000 }) });
    await fc.assert(fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      const room = new Room();
      const ids: (string | undefined)[] = [];
      const generations: number[] = [0, 0, 0];
      const open = new Set<string>();
      let asked = 0;
      const settle = (key: string): void => { open.delete(key); };
      for (const { wait, what, who } of actions) {
        const id = ids[who] ?? '';
        const key = `${what} ${++asked}`;
        if (what === 'join') {
          open.add(key);
          room.coordinator.join(`c${who}`, GROUP, room.request(id), ({ errorCode, generationId, memberId }) => {
            settle(key);
            ids[who] = errorCode === ERROR.UNKNOWN_MEMBER_ID ? undefined : memberId;
            generations[who] = generationId;
          });
        } else if (what === 'sync') {
          open.add(key);
          const members = room.coordinator.standings[0]?.members ?? [];
          room.coordinator.sync(GROUP, {
            memberId: id, generationId: generations[who], protocolName: 'roundrobin', assignments: [{ memberId: id, assignment: Buffer.from('all') }],
          }, ({ errorCode }) => {
            settle(key);
            expect(errorCode !== ERROR.NONE || members.includes(`c${who}`)).toBe(true);
          });
        } else if (what === 'heartbeat') {
          const known = room.coordinator.standings[0]?.members.includes(`c${who}`) ?? false;
          expect(room.heartbeat(id, generations[who]) === ERROR.NONE && !known).toBe(false);
        } else if (what === 'leave') {
          room.coordinator.leave(GROUP, id);
        } else {
          await room.clock.advance(wait);
        }
      }
      await room.clock.advance(3 * REBALANCE);
      expect([...open]).toEqual([]);
      expect(room.coordinator.standings[0]?.members ?? []).toEqual([]);
    }), { numRuns: 200 });
  });
});
