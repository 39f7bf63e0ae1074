import type { ProcessTimes } from '../binary/process-times';

/** Of a connection: its user, database and client, as in `postgres: ledger_writer postgres 127.0.0.1(4712) INSERT`. */
const CONNECTION = /^postgres: (\S+) \S+ \S+\(\d+\)/;
/** Whose time is nobody's own: the server, and what it does in the background. */
const NOBODY = '';

/**
 * CPU time of a server of PostgreSQL, over all its starts, by who caused it. Connections show their user in the title of their process; the owner
 * looks after the server and is no part of the system.
 */
export class ServerTime {
  /** Of the starts before, by user. */
  private readonly before = new Map<string, number>();
  private server: ProcessTimes | undefined;
  private readonly children = new Map<number, ProcessTimes>();
  /** Of children of this start that are gone, as last seen, by user. */
  private readonly gone = new Map<string, number>();
  private isKnown = true;

  /** @param owner user whose connections do not count */
  public constructor(private readonly owner: string) {}

  /** Microseconds so far, of everybody but the owner; undefined where the platform does not tell. */
  public get microseconds(): number | undefined {
    if (!this.isKnown) {
      return undefined;
    }
    let sum = 0;
    this.byUser().forEach((microseconds, user) => { sum += user === this.owner ? 0 : microseconds; });
    return sum;
  }

  /** Those of them that connections of a user took. */
  public microsecondsOf(user: string): number {
    return this.byUser().get(user) ?? 0;
  }

  /** Those of them that no connection took. */
  public get backgroundMicroseconds(): number {
    return this.microsecondsOf(NOBODY);
  }

  /**
   * Takes the figures of this moment.
   *
   * @param family the server first, then its children; undefined where nobody knows
   */
  public look(family: readonly ProcessTimes[] | undefined): void {
    if (family === undefined) {
      this.isKnown = false;
      return;
    }
    const [server, ...children] = family;
    if (this.server !== undefined && this.server.pid !== server.pid) {
      this.ended();
    }
    this.server = server;
    const there = new Set(children.map(({ pid }) => pid));
    for (const [pid, child] of this.children) {
      if (!there.has(pid)) {
        add(this.gone, userOf(child), child.microseconds);
        this.children.delete(pid);
      }
    }
    children.forEach((child) => this.children.set(child.pid, child));
  }

  /** The server is about to be killed, or was: what it has taken stays. */
  public ended(): void {
    this.sinceStart().forEach((microseconds, user) => add(this.before, user, microseconds));
    this.server = undefined;
    this.children.clear();
    this.gone.clear();
  }

  private byUser(): Map<string, number> {
    const sums = this.sinceStart();
    this.before.forEach((microseconds, user) => add(sums, user, microseconds));
    return sums;
  }

  private sinceStart(): Map<string, number> {
    const sums = new Map(this.gone);
    if (this.server === undefined) {
      return sums;
    }
    const { endedChildrenMicroseconds = 0, microseconds } = this.server;
    const seen = [...this.gone.values()].reduce((sum, one) => sum + one, 0);
    // The operating system counts children as well that nobody has seen, and what those that were took at the end.
    add(sums, NOBODY, microseconds + Math.max(0, endedChildrenMicroseconds - seen));
    this.children.forEach((child) => add(sums, userOf(child), child.microseconds));
    return sums;
  }
}

function userOf({ title }: ProcessTimes): string {
  return CONNECTION.exec(title)?.[1] ?? NOBODY;
}

function add(sums: Map<string, number>, user: string, microseconds: number): void {
  sums.set(user, (sums.get(user) ?? 0) + microseconds);
}
