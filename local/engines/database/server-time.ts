import type { ProcessTimes } from '../binary/process-times';

/**
 * CPU time of a server of PostgreSQL, over all its starts: of the server itself, of what it does in the background, and of the connections of
 * everybody but its owner, who looks after it and is no part of the system. Connections show their user in the title of their process.
 */
export class ServerTime {
  /** Of the starts before. */
  private before = 0;
  private server: ProcessTimes | undefined;
  private readonly children = new Map<number, ProcessTimes>();
  /** Of children that are gone, as last seen. */
  private gone = 0;
  private goneOfOwner = 0;
  private isKnown = true;

  /** @param owner user whose connections do not count */
  public constructor(private readonly owner: string) {}

  /** Microseconds so far; undefined where the platform does not tell. */
  public get microseconds(): number | undefined {
    return this.isKnown ? this.before + this.sinceStart() : undefined;
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
        this.goneOfOwner += this.isOwners(child) ? child.microseconds : 0;
        this.gone += this.isOwners(child) ? 0 : child.microseconds;
        this.children.delete(pid);
      }
    }
    children.forEach((child) => this.children.set(child.pid, child));
  }

  /** The server is about to be killed, or was: what it has taken stays. */
  public ended(): void {
    this.before += this.sinceStart();
    this.server = undefined;
    this.children.clear();
    this.gone = 0;
    this.goneOfOwner = 0;
  }

  private sinceStart(): number {
    if (this.server === undefined) {
      return 0;
    }
    const living = [...this.children.values()].filter((child) => !this.isOwners(child)).reduce((sum, { microseconds }) => sum + microseconds, 0);
    const { endedChildrenMicroseconds, microseconds } = this.server;
    // The operating system counts those that nobody has seen as well.
    const ended = endedChildrenMicroseconds === undefined ? this.gone : Math.max(this.gone, endedChildrenMicroseconds - this.goneOfOwner);
    return microseconds + living + ended;
  }

  private isOwners({ title }: ProcessTimes): boolean {
    return title.startsWith(`postgres: ${this.owner} `);
  }
}
