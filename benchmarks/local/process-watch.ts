import type { CheckerProgress } from '../../local/checker/checker';
import type { EngineStatistics } from '../../local/run/engine-statistics';
import { descendants, type ProcessFigures } from './process-figures';

/** A stretch of the load. */
export interface Window {
  /** Payments that settled in it. */
  readonly payments: number;
  /** Invocations of all functions. */
  readonly invocations: number;
  /** CPU time by kind of process, in microseconds. */
  readonly cpuMicroseconds: ReadonlyMap<string, number>;
}

/** Memory of one kind of process. */
export interface MemoryGrowth {
  readonly name: string;
  /** After the warm-up, half-way and at the end, in bytes: the least of a few looks, so that garbage does not count. */
  readonly first: number;
  readonly middle: number;
  readonly last: number;
  /** Growth over the second half, when what is bounded has filled up. */
  readonly bytesPerPayment: number;
}

interface Look {
  readonly at: number;
  readonly payments: number;
  readonly invocations: number;
  readonly cpuMicroseconds: ReadonlyMap<string, number>;
  readonly residentBytes: ReadonlyMap<string, number>;
}

/** Processes of the tools that run sources, and guards that only wait: no part of the run. */
const HELPERS: ReadonlySet<string> = new Set(['esbuild', 'sh']);

/** Looks that one figure of memory is the least of. */
const LOOKS_OF_MEMORY = 8;

/** Looks at all processes of a run while it lasts, and makes windows of what it saw. */
export class ProcessWatch {
  private readonly looks: Look[] = [];
  private start = 0;
  /** CPU time of processes that are gone, by kind: it was spent all the same. */
  private readonly ended = new Map<string, number>();
  private alive = new Map<number, ProcessFigures>();
  private readonly borders: Look[] = [];

  constructor(
    private readonly pid: number,
    private readonly warmUpSeconds: number,
    private readonly windowSeconds: number,
  ) {}

  /** Takes the figures of this moment. Called about once a second while the load lasts. */
  look(progress: CheckerProgress, engine: EngineStatistics): void {
    const at = Date.now();
    this.start ||= at;
    const look: Look = {
      at, payments: progress.settledKeys, invocations: engine.invocations, cpuMicroseconds: this.cpu(), residentBytes: sums([...this.alive.values()], 'residentBytes'),
    };
    if (at - this.start >= this.warmUpSeconds * 1000) {
      this.looks.push(look);
      const last = this.borders.at(-1);
      if (last === undefined || at - last.at >= this.windowSeconds * 1000) {
        this.borders.push(look);
      }
    }
  }

  /** The windows so far. */
  get windows(): Window[] {
    return this.borders.slice(1).map((end, index) => {
      const begin = this.borders[index];
      return {
        payments: end.payments - begin.payments,
        invocations: end.invocations - begin.invocations,
        cpuMicroseconds: new Map([...end.cpuMicroseconds].map(([name, value]) => [name, value - (begin.cpuMicroseconds.get(name) ?? 0)])),
      };
    });
  }

  /** Kinds of process that were seen. */
  get names(): Set<string> {
    return new Set(this.looks.flatMap(({ cpuMicroseconds }) => [...cpuMicroseconds.keys()]).sort());
  }

  /** How the memory of each kind of process went. */
  memory(): MemoryGrowth[] {
    const least = (looks: readonly Look[], name: string): number => Math.min(...looks.map(({ residentBytes }) => residentBytes.get(name) ?? 0));
    const half = Math.floor(this.looks.length / 2);
    const payments = this.looks.at(-1)!.payments - this.looks[half].payments;
    return [...this.names].map((name) => {
      const first = least(this.looks.slice(0, LOOKS_OF_MEMORY), name);
      const middle = least(this.looks.slice(half, half + LOOKS_OF_MEMORY), name);
      const last = least(this.looks.slice(-LOOKS_OF_MEMORY), name);
      return { name, first, middle, last, bytesPerPayment: (last - middle) / payments };
    });
  }

  private cpu(): Map<string, number> {
    const now = new Map(descendants(this.pid).filter(({ name }) => !HELPERS.has(name)).map((figures) => [figures.pid, figures]));
    for (const [pid, { name, cpuMicroseconds }] of this.alive) {
      if (!now.has(pid)) {
        this.ended.set(name, (this.ended.get(name) ?? 0) + cpuMicroseconds);
      }
    }
    this.alive = now;
    const total = sums([...now.values()], 'cpuMicroseconds');
    this.ended.forEach((value, name) => total.set(name, (total.get(name) ?? 0) + value));
    return total;
  }
}

function sums(figures: readonly ProcessFigures[], field: 'cpuMicroseconds' | 'residentBytes'): Map<string, number> {
  const result = new Map<string, number>();
  figures.forEach((each) => result.set(each.name, (result.get(each.name) ?? 0) + each[field]));
  return result;
}
