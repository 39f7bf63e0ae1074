import type { Workload } from '../../lib/workload';

/**
 * How much of the reference is there. Each phase runs, and each holds all of those before it: going from one to the next adds stacks and
 * replaces nothing that holds data.
 */
export class Phase {
  /** Edge, API, ledger with parking, balances, refund queue, audit archive, alarms, backups. The API writes the ledger itself. */
  static readonly FOUNDATION = new Phase(1);
  /** With stream and worker, cache and profiles: accepted is durable in the stream, and the ledger may be down for a while. */
  static readonly OPTIMIZATION = new Phase(2);
  /** With fraud detection, holds, payouts, notifications and reports, audit locators, configuration and discovery. */
  static readonly ADVANCED = new Phase(3);
  /** With automatic scaling, cells, and a guard of the costs. */
  static readonly SCALE = new Phase(4);

  /**
   * The phase of a number, from what somebody typed.
   *
   * @throws Error when there is no such phase.
   */
  static of(text: unknown): Phase {
    const phases = [Phase.FOUNDATION, Phase.OPTIMIZATION, Phase.ADVANCED, Phase.SCALE];
    const found = phases.find(({ number }) => String(number) === String(text));
    if (found === undefined) {
      throw new Error(`\`phase\` must be one of ${phases.map(({ number }) => number).join(', ')}, got: ${String(text)}`);
    }
    return found;
  }

  private constructor(
    /** 1 to 4. */
    readonly number: number,
  ) {}

  /** Whether this phase has what another one brings. */
  includes(other: Phase): boolean {
    return this.number >= other.number;
  }

  /** What the system must carry in this phase: the same, in one cell before the last phase. */
  workload(whole: Workload): Workload {
    return this.includes(Phase.SCALE) ? whole : whole.with({ cells: 1 });
  }
}
