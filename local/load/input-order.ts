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
  /** Lines by (merchant, key) that are posted or set aside and not settled. */
  private readonly open = new Map<string, Set<InputLine>>();
  /** Refunds that are posted or set aside and not settled, by the payment that they refund. */
  private readonly openRefunds = new Map<string, Set<InputLine>>();
  private readonly settledIdentities = new Set<string>();
  /** (merchant, key) of every payment in the file. */
  private readonly payments = new Set<string>();
  private readonly aside: InputLine[] = [];
  /** Something was released since the lines that were set aside were last looked at. */
  private asideMayGo = false;
  private next = 0;

  constructor(private readonly lines: readonly InputLine[]) {
    this.states = lines.map(() => 'unposted');
    for (const line of lines) {
      if (line.identity !== undefined && line.payment!.type === 'payment') {
        this.payments.add(line.identity);
      }
    }
  }

  /** The next line to post. Marks it as posted. */
  step(): NextStep {
    const freed = this.takeFreed();
    if (freed) {
      return this.posted(freed);
    }
    while (this.next < this.lines.length) {
      const line = this.lines[this.next];
      const blockers = this.blockers(line);
      if (blockers.some((blocker) => !this.isStuck(blocker))) {
        return { kind: 'wait' };
      }
      this.next++;
      if (blockers.length === 0) {
        return this.posted(line);
      }
      this.setState(line, 'setAside');
      this.track(line);
      this.aside.push(line);
    }
    const open = this.openLines();
    if (open.length === 0) {
      return { kind: 'done' };
    }
    return { kind: open.every((line) => this.isStuck(line)) ? 'stuck' : 'wait' };
  }

  /** The API has given the line its last answer. */
  answered(line: InputLine, acknowledged: boolean): void {
    if (line.identity === undefined || !acknowledged || this.settledIdentities.has(line.identity)) {
      this.release(line);
    } else {
      this.setState(line, 'acknowledged');
    }
  }

  /** The payment with this (merchant, key) has its effect, or was rejected or parked for good. */
  settled(identityOfPayment: string): void {
    this.settledIdentities.add(identityOfPayment);
    for (const line of this.open.get(identityOfPayment) ?? []) {
      if (this.state(line) === 'acknowledged') {
        this.release(line);
      }
    }
  }

  /** Acknowledged lines that have not settled. */
  unsettled(): InputLine[] {
    return this.openLines().filter((line) => this.state(line) === 'acknowledged');
  }

  private takeFreed(): InputLine | undefined {
    if (this.asideMayGo) {
      const index = this.aside.findIndex((line) => this.blockers(line).length === 0);
      if (index >= 0) {
        return this.aside.splice(index, 1)[0];
      }
      this.asideMayGo = false;
    }
    return undefined;
  }

  private posted(line: InputLine): NextStep {
    this.setState(line, 'posted');
    this.track(line);
    return { kind: 'post', line };
  }

  /** Earlier lines whose result must be known before this one may be posted. */
  private blockers(line: InputLine): InputLine[] {
    if (line.identity === undefined) {
      return [];
    }
    const candidates = [...(this.open.get(line.identity) ?? [])];
    if (line.refunds !== undefined) {
      candidates.push(...[...(this.open.get(line.refunds) ?? [])]);
      if (this.payments.has(line.refunds)) {
        candidates.push(...(this.openRefunds.get(line.refunds) ?? []));
      }
    }
    return candidates.filter((candidate) => candidate.number < line.number);
  }

  /**
   * Whether the line cannot settle before another line is posted, or its refund is given up.
   *
   * @param asking lines whose own answer waits for this one: refunds that refund each other wait for ever.
   */
  private isStuck(line: InputLine, asking: ReadonlySet<InputLine> = new Set()): boolean {
    if (asking.has(line)) {
      return true;
    }
    const trail = new Set(asking).add(line);
    if (this.state(line) === 'setAside') {
      return this.blockers(line).some((blocker) => this.isStuck(blocker, trail));
    }
    if (this.state(line) !== 'acknowledged' || line.refunds === undefined || this.settledIdentities.has(line.refunds)) {
      return false;
    }
    return [...(this.open.get(line.refunds) ?? [])].every((payment) => this.isStuck(payment, trail));
  }

  private openLines(): InputLine[] {
    return [...this.open.values()].flatMap((lines) => [...lines]);
  }

  private track(line: InputLine): void {
    add(this.open, line.identity, line);
    add(this.openRefunds, line.refunds, line);
  }

  private release(line: InputLine): void {
    this.setState(line, 'settled');
    this.asideMayGo = true;
    remove(this.open, line.identity, line);
    remove(this.openRefunds, line.refunds, line);
  }

  private state(line: InputLine): LineState {
    return this.states[line.number - 1];
  }

  private setState(line: InputLine, state: LineState): void {
    this.states[line.number - 1] = state;
  }
}

function add(map: Map<string, Set<InputLine>>, key: string | undefined, line: InputLine): void {
  if (key !== undefined) {
    const lines = map.get(key);
    if (lines) {
      lines.add(line);
    } else {
      map.set(key, new Set([line]));
    }
  }
}

function remove(map: Map<string, Set<InputLine>>, key: string | undefined, line: InputLine): void {
  const lines = key === undefined ? undefined : map.get(key);
  lines?.delete(line);
  if (lines?.size === 0) {
    map.delete(key!);
  }
}
