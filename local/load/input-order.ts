import type { InputLine } from './input-line';

/** Where a line of the input stands. */
type LineState = 'unposted' | 'setAside' | 'posted' | 'acknowledged' | 'settled';

/** What may be done next. */
export type NextStep =
  | { readonly kind: 'post'; readonly line: InputLine }
  /** Everything that could be posted waits for an answer or for a payment to settle. */
  | { readonly kind: 'wait' }
  /** What is left waits for refunds whose payment will not come: they have to be given up first. */
  | { readonly kind: 'stuck' }
  | { readonly kind: 'done' };

/**
 * Decides in which order the lines of an input file may be posted, so that each has one right result.
 *
 * Lines go in file order. A line is held, and those after it, while an earlier line with the same merchant and key, an earlier payment
 * that it refunds, or an earlier refund of the same payment is unsettled. A refund whose payment is a later line, or none, cannot settle
 * before more is posted: a line that waits for such a refund is set aside instead, and posted as soon as the refund has settled.
 */
export class InputOrder {
  private readonly states: LineState[];
  /** For each line the nearest earlier ones that hold it, at most one of a kind. They hold each other, so that the nearest stands for all. */
  private readonly holders: readonly (readonly InputLine[])[];
  /** Lines by (merchant, key), in file order. Each settles before the next one is posted. */
  private readonly linesOf = new Map<string, LinesOfKey>();
  /** Lines that are posted or set aside and not settled. */
  private readonly open = new Set<InputLine>();
  private readonly settledIdentities = new Set<string>();
  /** Lines that were set aside, by a line that holds them. */
  private readonly heldBy = new Map<InputLine, InputLine[]>();
  /** Lines that were set aside and are held no more. */
  private readonly freed: InputLine[] = [];
  private unanswered = 0;
  private next = 0;

  constructor(private readonly lines: readonly InputLine[]) {
    this.states = lines.map(() => 'unposted');
    this.holders = holdersOf(lines);
    for (const line of lines) {
      if (line.identity !== undefined) {
        entryOf(this.linesOf, line.identity, () => ({ lines: [], settled: 0 })).lines.push(line);
      }
    }
  }

  /** The next line to post. Marks it as posted. */
  step(): NextStep {
    const freed = this.freed.shift();
    if (freed) {
      return this.posted(freed);
    }
    while (this.next < this.lines.length) {
      const line = this.lines[this.next];
      const blockers = this.blockers(line);
      if (!this.areStuck(blockers)) {
        return { kind: 'wait' };
      }
      this.next++;
      if (blockers.length === 0) {
        return this.posted(line);
      }
      this.setAside(line, blockers);
    }
    if (this.open.size === 0) {
      return { kind: 'done' };
    }
    return { kind: this.unanswered === 0 && this.areStuck([...this.open]) ? 'stuck' : 'wait' };
  }

  /** The API has given the line its last answer. */
  answered(line: InputLine, acknowledged: boolean): void {
    this.unanswered--;
    if (line.identity === undefined || !acknowledged || this.settledIdentities.has(line.identity)) {
      this.release(line);
    } else {
      this.setState(line, 'acknowledged');
    }
  }

  /** The payment with this (merchant, key) has its effect, or was rejected or parked for good. */
  settled(identityOfPayment: string): void {
    this.settledIdentities.add(identityOfPayment);
    const line = this.firstOpen(identityOfPayment);
    if (line && this.state(line) === 'acknowledged') {
      this.release(line);
    }
  }

  /** Acknowledged lines that have not settled. */
  unsettled(): InputLine[] {
    return [...this.open].filter((line) => this.state(line) === 'acknowledged');
  }

  private posted(line: InputLine): NextStep {
    this.setState(line, 'posted');
    this.unanswered++;
    this.open.add(line);
    return { kind: 'post', line };
  }

  private setAside(line: InputLine, blockers: readonly InputLine[]): void {
    this.setState(line, 'setAside');
    this.open.add(line);
    for (const blocker of blockers) {
      entryOf(this.heldBy, blocker, () => []).push(line);
    }
  }

  /** Earlier lines whose result must be known before this one may be posted. */
  private blockers(line: InputLine): InputLine[] {
    return this.holders[line.number - 1].filter((holder) => this.state(holder) !== 'settled');
  }

  /**
   * Whether none of the lines can settle before another line is posted, or a refund is given up. Refunds that refund each other are
   * stuck too.
   *
   * All lines that these wait for are gathered and taken for stuck, then those that can move are struck off, from one to the lines
   * that wait for it. Asking from line to line instead would ask again and again about lines that share what they wait for.
   */
  private areStuck(lines: readonly InputLine[]): boolean {
    /** Lines that a gathered line waits for and that may still be stuck. */
    const waitsFor = new Map<InputLine, number>();
    const waitingFor = new Map<InputLine, InputLine[]>();
    const moving: InputLine[] = [];
    const toGather = [...lines];
    for (let line = toGather.pop(); line; line = toGather.pop()) {
      if (waitsFor.has(line)) {
        continue;
      }
      const awaited = this.awaited(line);
      waitsFor.set(line, awaited === 'nothing that is posted' ? Infinity : awaited.length);
      if (awaited === 'nothing that is posted') {
        continue;
      }
      if (awaited.length === 0) {
        moving.push(line);
      }
      for (const other of awaited) {
        entryOf(waitingFor, other, () => []).push(line);
        toGather.push(other);
      }
    }
    for (let line = moving.pop(); line; line = moving.pop()) {
      for (const waiting of waitingFor.get(line) ?? []) {
        const left = waitsFor.get(waiting)! - 1;
        waitsFor.set(waiting, left);
        if (left === 0) {
          moving.push(waiting);
        }
      }
    }
    return lines.every((line) => waitsFor.get(line)! > 0);
  }

  /** Lines that all have to move before an open line can. None: it can by itself. */
  private awaited(line: InputLine): readonly InputLine[] | 'nothing that is posted' {
    if (this.state(line) === 'setAside') {
      return this.blockers(line);
    }
    if (this.state(line) !== 'acknowledged' || line.refunds === undefined || this.settledIdentities.has(line.refunds)) {
      return [];
    }
    const payment = this.firstOpen(line.refunds);
    return payment ? [payment] : 'nothing that is posted';
  }

  /** The first line with this (merchant, key) that is not settled, if it is posted or set aside. */
  private firstOpen(identityOfPayment: string): InputLine | undefined {
    const entry = this.linesOf.get(identityOfPayment);
    if (!entry) {
      return undefined;
    }
    while (entry.settled < entry.lines.length && this.state(entry.lines[entry.settled]) === 'settled') {
      entry.settled++;
    }
    const line = entry.lines.at(entry.settled);
    return line && this.open.has(line) ? line : undefined;
  }

  private release(line: InputLine): void {
    this.setState(line, 'settled');
    this.open.delete(line);
    const held = this.heldBy.get(line) ?? [];
    this.heldBy.delete(line);
    this.freed.push(...held.filter((other) => this.blockers(other).length === 0));
  }

  private state(line: InputLine): LineState {
    return this.states[line.number - 1];
  }

  private setState(line: InputLine, state: LineState): void {
    this.states[line.number - 1] = state;
  }
}

interface LinesOfKey {
  readonly lines: InputLine[];
  /** How many of them, from the first on, are known to be settled. */
  settled: number;
}

function holdersOf(lines: readonly InputLine[]): InputLine[][] {
  const payments = new Set(lines.filter((line) => line.payment?.type === 'payment').map((line) => line.identity));
  /** The last line so far with a (merchant, key), and the last refund of it. */
  const lastOf = new Map<string, InputLine>();
  const lastRefundOf = new Map<string, InputLine>();
  return lines.map((line) => {
    const { identity, refunds } = line;
    if (identity === undefined) {
      return [];
    }
    const candidates = [lastOf.get(identity)];
    if (refunds !== undefined) {
      candidates.push(lastOf.get(refunds), payments.has(refunds) ? lastRefundOf.get(refunds) : undefined);
      lastRefundOf.set(refunds, line);
    }
    lastOf.set(identity, line);
    return [...new Set(candidates)].filter((holder) => holder !== undefined);
  });
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    map.set(key, value = create());
  }
  return value;
}
