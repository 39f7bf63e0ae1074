import fc from 'fast-check';
import { type Admission, CircuitBreaker, type CircuitBreakerOptions, type CircuitState } from '../../../../lambdas/runtime/resilience/circuit-breaker';
import { ManualClock } from '../support/manual-clock';

const FIXED = {
  windowMilliseconds: 10_000, minimumCalls: 4, failureShare: 0.5, openMilliseconds: 1_000, maximumOpenMilliseconds: 8_000, probeMilliseconds: 5_000,
};

describe('CircuitBreaker', () => {
  let clock: ManualClock;
  let changes: string[];

  beforeEach(() => {
    clock = new ManualClock();
    changes = [];
  });

  function breaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
    return new CircuitBreaker({ ...FIXED, clock, random: () => 0, onChange: (state) => changes.push(state), ...options });
  }

  function call(given: CircuitBreaker, failed: number): void {
    given.report(given.admit()!, failed);
  }

  it('opens when enough calls have failed in enough of them, and says so once', () => {
    const given = breaker();
    [1, 1, 1].forEach((failed) => call(given, failed));
    expect(given.state).toBe('closed');
    call(given, 1);
    expect([given.state, given.admit(), changes]).toEqual(['open', undefined, ['open']]);
  });

  it('takes a part of a batch for a part of a failure', () => {
    const given = breaker();
    [0.4, 0.6, 0.4, 0.5].forEach((failed) => call(given, failed));
    expect(given.state).toBe('closed');
    call(given, 0.7);
    expect(given.state).toBe('open');
  });

  it('opens at the very share that is stated', () => {
    const given = breaker();
    [0, 0, 1, 1].forEach((failed) => call(given, failed));
    expect(given.state).toBe('open');
  });

  it('does not open on a success', () => {
    const given = breaker({ failureShare: 0.1 });
    [1, 0, 0, 0].forEach((failed) => call(given, failed));
    expect(given.state).toBe('closed');
  });

  it('forgets calls that have left the window', () => {
    const given = breaker();
    [1, 1, 1].forEach((failed) => call(given, failed));
    clock.time += FIXED.windowMilliseconds;
    [1, 1, 1].forEach((failed) => call(given, failed));
    expect(given.state).toBe('closed');
  });

  it('lets one probe through when it has been open, and closes with it', () => {
    const given = breaker();
    [1, 1, 1, 1].forEach((failed) => call(given, failed));
    clock.time += FIXED.openMilliseconds - 1;
    expect(given.admit()).toBeUndefined();
    clock.time += 1;
    expect(given.state).toBe('half-open');
    const probe = given.admit()!;
    expect([probe.kind, given.admit()]).toEqual(['probe', undefined]);
    given.report(probe, 0);
    expect([given.state, changes]).toEqual(['closed', ['open', 'closed']]);
    [1, 1, 1].forEach((failed) => call(given, failed));
    expect(given.state).toBe('closed');
  });

  it('waits twice as long after each probe that fails, up to a bound, and from the start after a recovery', () => {
    const given = breaker();
    [1, 1, 1, 1].forEach((failed) => call(given, failed));
    for (const wait of [1_000, 2_000, 4_000, 8_000, 8_000]) {
      clock.time += wait - 1;
      expect(given.state).toBe('open');
      clock.time += 1;
      call(given, 1);
    }
    clock.time += 8_000;
    call(given, 0);
    [1, 1, 1, 1].forEach((failed) => call(given, failed));
    clock.time += 1_000;
    expect(given.state).toBe('half-open');
    expect(changes).toEqual(['open', 'closed', 'open']);
  });

  it('gives the next one a chance when a probe tells nothing, or never comes back', () => {
    const given = breaker();
    [1, 1, 1, 1].forEach((failed) => call(given, failed));
    clock.time += 1_000;
    given.withdraw(given.admit()!);
    const frozen = given.admit()!;
    clock.time += FIXED.probeMilliseconds;
    const next = given.admit()!;
    given.report(frozen, 0);
    expect(given.state).toBe('half-open');
    given.report(next, 0);
    expect(given.state).toBe('closed');
  });

  it('leaves out what was admitted before it opened', () => {
    const given = breaker();
    const early = [given.admit()!, given.admit()!];
    [1, 1, 1, 1].forEach((failed) => call(given, failed));
    clock.time += 1_000;
    given.report(early[0], 0);
    expect(given.state).toBe('half-open');
    call(given, 0);
    given.report(early[1], 1);
    expect(given.state).toBe('closed');
  });

  it('does not stay open because the clock was set back', () => {
    const given = breaker();
    [1, 1, 1, 1].forEach((failed) => call(given, failed));
    clock.time -= 3_600_000;
    expect(given.state).toBe('half-open');
    expect(given.admit()).toBeDefined();
  });

  it('spreads the probes of many processes', () => {
    const given = breaker({ random: () => 0.5 });
    [1, 1, 1, 1].forEach((failed) => call(given, failed));
    clock.time += 750;
    expect(given.state).toBe('half-open');
  });

  it.each([
    [{ windowMilliseconds: 0 }, '`windowMilliseconds` must be above 0, got: 0'], [{ minimumCalls: -1 }, '`minimumCalls` must be above 0, got: -1'],
    [{ failureShare: Number.NaN }, '`failureShare` must be above 0 and at most 1, got: NaN'],
    [{ failureShare: 1.1 }, '`failureShare` must be above 0 and at most 1, got: 1.1'],
    [{ openMilliseconds: 0 }, '`openMilliseconds` must be above 0'],
  ])('refuses %j', (options, message) => {
    expect(() => breaker(options)).toThrow(message);
  });

  it('does what its model does', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ does: fc.constant('admit' as const) }) },
      { weight: 4, arbitrary: fc.record({ does: fc.constant('report' as const), which: fc.nat(9), failed: fc.constantFrom(0, 0.25, 0.5, 1) }) },
      { weight: 1, arbitrary: fc.record({ does: fc.constant('withdraw' as const), which: fc.nat(9) }) },
      { weight: 2, arbitrary: fc.record({ does: fc.constant('wait' as const), milliseconds: fc.constantFrom(1, 400, 999, 1_000, 2_500, 9_000) }) },
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 120 }), fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })), (steps, randoms) => {
      const drawn: number[] = [];
      const time = new ManualClock(1_000_000);
      const given = new CircuitBreaker({
        ...FIXED, clock: time, random: () => {
          drawn.push(randoms.next().value!);
          return drawn.at(-1)!;
        },
      });
      const model = new Model();
      const admitted: { readonly own: Admission; readonly model: ModelAdmission }[] = [];
      for (const each of steps) {
        if (each.does === 'wait') {
          time.time += each.milliseconds;
        } else if (each.does === 'admit') {
          const own = given.admit();
          const expected = model.admit(time.time);
          expect(own?.kind).toBe(expected?.kind);
          if (own && expected) {
            admitted.push({ own, model: expected });
          }
        } else if (admitted.length > 0) {
          const [{ own, model: expected }] = admitted.splice(each.which % admitted.length, 1);
          drawn.length = 0;
          if (each.does === 'report') {
            given.report(own, each.failed);
            model.report(expected, each.failed, time.time, drawn[0] ?? 0);
          } else {
            given.withdraw(own);
            model.withdraw(expected);
          }
        }
        expect(given.state).toBe(model.state(time.time));
      }
    }), { numRuns: 500 });
  });
});

interface ModelAdmission {
  readonly kind: 'call' | 'probe';
  /** Whether the result still counts. */
  counts: boolean;
}

/** The same from its description: every result is kept, and looked through each time. */
class Model {
  private results: { readonly at: number; readonly failed: number }[] = [];
  private calls: ModelAdmission[] = [];
  private probe: { readonly admission: ModelAdmission; readonly until: number } | undefined;
  private opened: { readonly until: number; readonly probes: number } | undefined;

  public state(now: number): CircuitState {
    return this.opened === undefined ? 'closed' : now < this.opened.until ? 'open' : 'half-open';
  }

  public admit(now: number): ModelAdmission | undefined {
    const state = this.state(now);
    if (state === 'open' || (state === 'half-open' && this.probe !== undefined && now < this.probe.until)) {
      return undefined;
    }
    const admission: ModelAdmission = { kind: state === 'closed' ? 'call' : 'probe', counts: true };
    if (state === 'closed') {
      this.calls.push(admission);
    } else {
      if (this.probe !== undefined) {
        this.probe.admission.counts = false;
      }
      this.probe = { admission, until: now + FIXED.probeMilliseconds };
    }
    return admission;
  }

  public report(admission: ModelAdmission, failed: number, now: number, random: number): void {
    if (!admission.counts) {
      return;
    }
    if (admission.kind === 'probe') {
      this.probe = undefined;
      if (failed < FIXED.failureShare) {
        this.opened = undefined;
        this.results = [];
      } else {
        this.open(now, random, this.opened!.probes + 1);
      }
      return;
    }
    this.results.push({ at: now, failed });
    const part = (at: number): number => Math.floor(at / (FIXED.windowMilliseconds / 10));
    const counted = this.results.filter(({ at }) => part(now) - part(at) < 10);
    const failures = counted.reduce((sum, each) => sum + each.failed, 0);
    if (failed > 0 && counted.length >= FIXED.minimumCalls && failures / counted.length >= FIXED.failureShare) {
      this.calls.forEach((call) => { call.counts = false; });
      this.calls = [];
      this.open(now, random, 0);
    }
  }

  public withdraw(admission: ModelAdmission): void {
    if (admission === this.probe?.admission) {
      this.probe = undefined;
      // Whoever gave it back reports nothing more.
      admission.counts = false;
    }
  }

  private open(now: number, random: number, probes: number): void {
    this.opened = { until: now + Math.min(8_000, 1_000 * 2 ** probes) * (1 - random / 2), probes };
  }
}
