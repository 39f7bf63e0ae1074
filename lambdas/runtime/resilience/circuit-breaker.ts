import { positive, shareOf } from '../configuration/option-rules';
import { type Clock, type Random, systemClock } from '../retry/clock';

/**
 * `closed`: calls are made. `open`: the dependency is left alone. `half-open`: one call at a time finds out whether it is back.
 */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** Leave for one call; its result is to be reported with it. */
export interface Admission {
  /** `probe`: this call decides on the state, so it should be small. */
  readonly kind: 'call' | 'probe';
  /** @internal */
  readonly epoch: number;
}

export interface CircuitBreakerOptions {
  /**
   * Calls older than this no longer count, in milliseconds. A batch that is tried again until its time is over is one call, so the window
   * must hold several of them.
   *
   * @default 120000
   */
  readonly windowMilliseconds?: number;
  /** Calls in the window below which the circuit stays closed. @default 2 */
  readonly minimumCalls?: number;
  /** Share of the calls in the window, above 0 and at most 1, from which on failures open the circuit. @default 0.5 */
  readonly failureShare?: number;
  /** How long it stays open the first time, in milliseconds; each probe that fails doubles it. @default 1000 */
  readonly openMilliseconds?: number;
  /** Upper bound of that. @default 30000 */
  readonly maximumOpenMilliseconds?: number;
  /** A probe that is not reported by then (a frozen process) counts no more, in milliseconds. @default 30000 */
  readonly probeMilliseconds?: number;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
  /** Shortens each wait by up to a half, so that many processes do not probe in step. @default Math.random */
  readonly random?: Random;
  /** Is told of every change between closed and open. @default - nobody is told */
  readonly onChange?: (state: 'closed' | 'open') => void;
}

/** Into how many parts a window is cut: calls leave it a part at a time. */
const PARTS = 10;

/**
 * Leaves a dependency alone that keeps failing, and finds out when it is back.
 *
 * It has no timer and reads the time only from its clock, so that simulations own it. (Of the libraries, opossum 10 works on timers and cockatiel 4
 * on Date.now; both wrap one promise a call, where a batch that fails in part is a fraction of a failure here.)
 */
export class CircuitBreaker {
  private readonly partMilliseconds: number;
  private readonly minimumCalls: number;
  private readonly failureShare: number;
  private readonly openMilliseconds: number;
  private readonly maximumOpenMilliseconds: number;
  private readonly probeMilliseconds: number;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly random: Random;
  private readonly onChange: (state: 'closed' | 'open') => void;

  /** Calls and failures by part of the window, oldest first. */
  private parts: { readonly part: number; calls: number; failures: number }[] = [];
  /** Grows with every change of state and every probe, so that results of earlier calls are known as such. */
  private epoch = 0;
  private isOpen = false;
  private failedProbes = 0;
  private probeFrom = 0;
  private probingUntil = 0;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: CircuitBreakerOptions = {}) {
    this.partMilliseconds = positive('windowMilliseconds', options.windowMilliseconds ?? 120_000) / PARTS;
    this.minimumCalls = positive('minimumCalls', options.minimumCalls ?? 2);
    this.failureShare = shareOf('failureShare', options.failureShare ?? 0.5);
    this.openMilliseconds = positive('openMilliseconds', options.openMilliseconds ?? 1_000);
    this.maximumOpenMilliseconds = positive('maximumOpenMilliseconds', options.maximumOpenMilliseconds ?? 30_000);
    this.probeMilliseconds = positive('probeMilliseconds', options.probeMilliseconds ?? 30_000);
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.onChange = options.onChange ?? (() => undefined);
  }

  public get state(): CircuitState {
    if (!this.isOpen) {
      return 'closed';
    }
    return this.isBefore(this.probeFrom, this.maximumOpenMilliseconds) ? 'open' : 'half-open';
  }

  /** Asks for leave to make a call. @returns undefined when none is to be made */
  public admit(): Admission | undefined {
    if (!this.isOpen) {
      return { kind: 'call', epoch: this.epoch };
    }
    if (this.isBefore(this.probeFrom, this.maximumOpenMilliseconds) || this.isBefore(this.probingUntil, this.probeMilliseconds)) {
      return undefined;
    }
    this.probingUntil = this.clock.now() + this.probeMilliseconds;
    return { kind: 'probe', epoch: ++this.epoch };
  }

  /**
   * Reports how an admitted call went. Results of calls that were admitted before the last change are left out.
   *
   * @param failed 0 for a success, 1 for a failure, the share of what failed for a batch
   */
  public report(admission: Admission, failed: number): void {
    if (admission.epoch !== this.epoch) {
      return;
    }
    if (admission.kind === 'probe') {
      this.reportProbe(failed < this.failureShare);
    } else {
      this.count(failed);
    }
  }

  /** Gives an admission back unused, or used without telling anything of the dependency. */
  public withdraw(admission: Admission): void {
    if (admission.kind === 'probe' && admission.epoch === this.epoch) {
      this.probingUntil = 0;
    }
  }

  private reportProbe(succeeded: boolean): void {
    if (succeeded) {
      this.isOpen = false;
      this.failedProbes = 0;
      this.change('closed');
    } else {
      this.failedProbes++;
      this.leaveAlone();
    }
  }

  private count(failed: number): void {
    const part = Math.floor(this.clock.now() / this.partMilliseconds);
    this.parts = this.parts.filter((each) => each.part > part - PARTS);
    let last = this.parts.at(-1);
    if (last?.part !== part) {
      last = { part, calls: 0, failures: 0 };
      this.parts.push(last);
    }
    last.calls++;
    last.failures += failed;
    const calls = this.parts.reduce((sum, each) => sum + each.calls, 0);
    const failures = this.parts.reduce((sum, each) => sum + each.failures, 0);
    // A success is no reason to open, whatever came before it.
    if (failed > 0 && calls >= this.minimumCalls && failures >= this.failureShare * calls) {
      this.isOpen = true;
      this.leaveAlone();
      this.change('open');
    }
  }

  private leaveAlone(): void {
    const bound = Math.min(this.maximumOpenMilliseconds, this.openMilliseconds * 2 ** Math.min(this.failedProbes, 30));
    this.probeFrom = this.clock.now() + bound * (1 - this.random() / 2);
    this.probingUntil = 0;
  }

  /** Whether a time is still to come. More is left than there ever was when the clock was set back: then it has come. */
  private isBefore(time: number, longest: number): boolean {
    const left = time - this.clock.now();
    return left > 0 && left <= longest;
  }

  private change(state: 'closed' | 'open'): void {
    this.epoch++;
    this.parts = [];
    this.onChange(state);
  }
}
