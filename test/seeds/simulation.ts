// First, because it watches what the others keep a reference to.
import { armGuard } from './guard';
import type { Item } from '../../lambdas/runtime/aws/dynamodb';
import { SeededRandom } from '../../local/random/seeded-random';
import type { Defect } from '../verify-checker/planted/defect';
import { Books, type KeyPage } from './books';
import type { ClientEntry } from './client-entry';
import { FaultSchedule } from './fault-schedule';
import { LedgerFollower } from './ledger-follower';
import { type Audit, PaymentSystem } from './payment-system';
import { endOf, type PlannedRequest, type Scenario } from './scenario';
import { answered } from './simulated-api';
import { BALANCE_TABLE, PARKING_TABLE } from './table-service';
import type { FaultReport } from './strikes';
import { Trace } from './trace';
import { VirtualTime } from './virtual-time';
import { WaitingRecords } from './waiting-records';
import { checkAtEnd, checkOnTheWay, Snapshots, type Violation } from './invariants';

const START = Date.UTC(2025, 0, 1);
const SAMPLE_MILLISECONDS = 5_000;
/** How often the end looks whether everything has drained. */
const LOOK_MILLISECONDS = 500;
/** How long nothing may stir until it counts as drained: a mapping knows of a record or a shard only when it looked again. */
const REST_MILLISECONDS = 12_000;
/** How long the backlog may take to drain once the last fault is over, beside the time that refunds may wait. */
const DRAIN_MILLISECONDS = 240_000;
/** How long questions may take that are asked when all has settled. */
const LONGEST_QUESTION_MILLISECONDS = 60_000;
const LONGEST_CLIENT_PAUSE_MILLISECONDS = 4_000;

/** What the checks look at: books of the clients, deliveries, and the final state. */
export interface Observation {
  readonly scenario: Scenario;
  readonly system: PaymentSystem;
  readonly books: Books;
  readonly follower: LedgerFollower;
  readonly drained: boolean;
  /** Seconds from the last fault until everything had drained. */
  readonly drainSeconds: number;
  /** By table. */
  readonly ledger: ReadonlyMap<string, readonly Item[]>;
  readonly balances: readonly Item[];
  readonly parked: readonly Item[];
  /** The API's answers to two questions after each acknowledged payment. */
  readonly answers: ReadonlyMap<KeyPage, readonly [Answered, Answered]>;
  /** Undefined where the scenario has no archiver. */
  readonly archive: Audit | undefined;
  /** Uses of the machine's own clock, timers and randomness. */
  readonly leaks: readonly string[];
}

interface Answered {
  readonly status: number;
  readonly body: string;
}

/** What a run came to. */
export interface SimulationResult extends FaultReport {
  readonly violations: readonly Violation[];
  readonly traceHash: string;
  readonly traceTail: readonly string[];
  readonly traceLines: number;
  readonly events: number;
  readonly acknowledgements: number;
  readonly drainSeconds: number;
}

/** Runs a scenario in virtual time and checks it. The same scenario gives the same result, whatever else the machine does. */
export async function simulate(scenario: Scenario, defect?: Defect): Promise<SimulationResult> {
  // What the tools around this process have left to do is none of the run's business.
  await new Promise((resolve) => setImmediate(resolve));
  const disarm = armGuard();
  let isArmed = true;
  try {
    const run = new Simulation(scenario, defect);
    const finish = await run.carryOut();
    isArmed = false;
    return finish(disarm());
  } finally {
    if (isArmed) {
      disarm();
    }
  }
}

class Simulation {
  private readonly time = new VirtualTime(START);
  private readonly trace = new Trace(() => this.time.now(), START);
  private readonly random: SeededRandom;
  private readonly books = new Books();
  private readonly system: PaymentSystem;
  private readonly follower: LedgerFollower;
  private readonly waiting: WaitingRecords;
  private readonly snapshots = new Snapshots();
  private readonly found: Violation[] = [];
  private waitingRequests = 0;
  /** When the load began. */
  private base = START;

  constructor(private readonly scenario: Scenario, defect: Defect | undefined) {
    this.random = new SeededRandom(scenario.seed ^ 0x5eed);
    this.system = new PaymentSystem(this.time, this.trace, scenario, defect);
    this.waiting = new WaitingRecords(this.system.deliveries);
    this.follower = new LedgerFollower(this.system.tables, this.waiting, scenario.configuration.archiver !== undefined);
  }

  /** @returns makes the result of what the guard saw */
  async carryOut(): Promise<(leaks: readonly string[]) => SimulationResult> {
    const { time, system, scenario } = this;
    let crash: unknown;
    const fail = (error: unknown): void => {
      crash ??= error;
    };
    system.start().catch(fail);
    await time.runUntil(START + 1_000);
    this.base = time.now();
    for (const request of scenario.requests) {
      time.setTimer(() => void this.post(request).catch(fail), request.at);
    }
    const faults = new FaultSchedule(time, this.trace, system, this.books);
    faults.plan(scenario.faults);
    this.waitingRequests = scenario.requests.length;
    this.scheduleSample(fail);
    const lastFault = this.base + endOf(scenario);
    await time.runUntil(lastFault);
    faults.end();
    const limit = lastFault + scenario.configuration.refundWaitSeconds * 1_000 + DRAIN_MILLISECONDS;
    let drained = false;
    let restSince: number | undefined;
    const look = (): void => {
      restSince = this.waitingRequests === 0 && system.isDrained ? (restSince ?? time.now()) : undefined;
      drained = restSince !== undefined && time.now() - restSince >= REST_MILLISECONDS;
      time.setTimer(look, LOOK_MILLISECONDS);
    };
    look();
    await time.runUntil(limit, () => crash !== undefined || drained);
    if (crash !== undefined) {
      throw crash;
    }
    const drainSeconds = (Math.max(lastFault, restSince ?? time.now()) - lastFault) / 1_000;
    await this.sample();
    const answers = await this.ask();
    const archive = await this.inTime(system.audit());
    const state = {
      scenario, system, books: this.books, follower: this.follower, drained, drainSeconds, answers, archive,
      ledger: new Map(await Promise.all(system.tables.ledgerTables.map(async (table) => [table, await system.tables.items(table)] as const))),
      balances: await system.tables.items(BALANCE_TABLE),
      parked: await system.tables.items(PARKING_TABLE),
    };
    return (leaks) => ({
      violations: [...checkAtEnd({ ...state, leaks }), ...this.found],
      traceHash: this.trace.hash(),
      traceLines: this.trace.length,
      traceTail: this.trace.tail,
      events: time.events,
      acknowledgements: this.books.acknowledgements,
      drainSeconds,
      scheduled: scenario.faults.map(({ kind }) => kind),
      strikes: system.strikeCounts,
    });
  }

  /** Posts payments until each has an answer that is final. */
  private async post({ payments }: PlannedRequest): Promise<void> {
    payments.forEach((payment) => this.books.sent(payment));
    let left: readonly ClientEntry[] = payments;
    for (let attempt = 1; left.length > 0; attempt++) {
      const task = this.random.integer(0, this.system.tasks.length - 1);
      const statuses = await this.system.tasks[task].post(left);
      this.trace.note('answer', `${left.map(({ idempotencyKey }) => idempotencyKey).join(',')} from task ${task}: ${statuses.map((status) => status ?? 'none').join(',')}`);
      const asked = left;
      asked.forEach((payment, index) => {
        const status = statuses[index];
        if (status !== undefined) {
          this.books.answered(payment, status);
        }
      });
      left = asked.filter((_, index) => [undefined, 503, 429].includes(statuses[index]));
      if (left.length > 0) {
        await this.time.sleep(this.random.next() * Math.min(LONGEST_CLIENT_PAUSE_MILLISECONDS, 250 * 2 ** attempt));
      }
    }
    this.waitingRequests -= 1;
  }

  private scheduleSample(fail: (error: unknown) => void): void {
    this.time.setTimer(() => {
      this.sample().then(() => this.scheduleSample(fail), fail);
    }, SAMPLE_MILLISECONDS);
  }

  /** A look at everything while it runs. Takes no time: nothing else happens meanwhile. */
  private async sample(): Promise<void> {
    await this.follower.read();
    this.waiting.follow(this.system.stream);
    const now = this.time.now();
    const glance = { scenario: this.scenario, at: now - this.base, oldest: this.waiting.oldest(now) };
    const balances = await this.system.tables.items(BALANCE_TABLE);
    for (const violation of checkOnTheWay({ ...glance, follower: this.follower, balances, snapshots: this.snapshots })) {
      if (!this.found.some(({ invariant }) => invariant === violation.invariant)) {
        this.found.push({ ...violation, text: `${violation.text} (at ${((now - START) / 1_000).toFixed(0)} s)` });
      }
    }
  }

  /** Asks the API twice after every payment that it acknowledged. */
  private async ask(): Promise<Observation['answers']> {
    const lookup = this.system.lookup();
    const answers = new Map<KeyPage, readonly [Answered, Answered]>();
    const ask = async (page: KeyPage): Promise<void> => {
      const parameters = { merchantId: page.merchantId, idempotencyKey: page.idempotencyKey };
      answers.set(page, [await answered(lookup.getPayment, {}, parameters), await answered(lookup.getPayment, {}, parameters)]);
    };
    await this.inTime(Promise.all(this.books.acknowledged().map(ask)));
    return answers;
  }

  /** Lets time pass until something is done. */
  private async inTime<Output>(work: Promise<Output>): Promise<Output> {
    let isOver = false;
    const note = (): void => {
      isOver = true;
    };
    work.then(note, note);
    await this.time.runUntil(this.time.now() + LONGEST_QUESTION_MILLISECONDS, () => isOver);
    if (!isOver) {
      throw new Error('a question to the drained system was not answered');
    }
    return work;
  }
}
