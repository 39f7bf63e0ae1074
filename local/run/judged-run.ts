import * as fs from 'node:fs';
import type { CheckerProgress, CheckerReport } from '../checker/checker';
import type { EventLog, RunPhase } from '../dashboard';
import { type FaultEvent, faultNamed } from '../faults';
import type { LineAnswer, ReplayProgress } from '../load/input-replay';
import { copyBucket } from './archive-copy';
import { answersCsv, balancesCsv } from './csv-files';
import type { EngineStatistics } from './engine-statistics';
import type { GatewayMeter } from './gateway-report';
import type { RunOptions } from './options';
import { progressLine, type RunConsole } from './report-lines';
import { RunError } from './run-error';
import { RunFaults } from './run-faults';
import { waitUntilSettled } from './settling';
import type { LocalSystem } from './system';
import { killsOf, renderVerdict, type Verdict } from './verdict';
import { warmUpOf } from './warm-up';

const PROBE_SECONDS = 5;
/** Most payments on their way during the probe. */
const PROBE_WINDOW = 2_000;
/** Share of what the probe settled that the load phase asks for. */
const LOAD_SHARE = 0.6;
/** How long a refund waits for its payment once every line of an input was posted, in seconds. */
const INPUT_REFUND_WAIT_SECONDS = 5;
/** How long nothing may move after a load with holds until releases whose hold was never taken are given up. */
const ORPHANED_RELEASE_SECONDS = 10;
/** How long nothing may move, beside the time for which a queue hides a message whose worker was killed: until then nothing can. */
const SHORTEST_DRAIN_TIMEOUT_SECONDS = 60;
const TICK_MILLISECONDS = 200;
const WATCH_MILLISECONDS = 1_000;

/** What a run proved, and the first few findings behind it. */
export interface RunResult {
  readonly verdict: Verdict;
  readonly findings: readonly string[];
}

/** One run on a started system: warm-up, load, drain, verdict. */
export class JudgedRun {
  readonly faults: RunFaults;
  private interrupted = false;
  /** Where the run is, and since when, in milliseconds since 1970. */
  phase: { readonly name: RunPhase; readonly since: number } = { name: 'starting', since: Date.now() };
  /** Payments per second that the load asks for; undefined outside the load. */
  rate: number | undefined;
  /** Given at the end. */
  result: RunResult | undefined;

  constructor(
    private readonly system: LocalSystem,
    private readonly options: RunOptions,
    private readonly console: RunConsole,
    private readonly templateHash: string,
    private readonly log: EventLog,
    private readonly gatewayMeter?: GatewayMeter,
  ) {
    this.faults = new RunFaults(system, {
      settings: options.faults,
      seed: options.seed,
      loadSeconds: options.seconds,
      onEvent: (event) => this.noteFault(event),
    });
  }

  /** Changes the rate of the load while it runs. */
  async setRate(paymentsPerSecond: number): Promise<void> {
    await this.system.generator('setRate', { paymentsPerSecond });
    this.rate = paymentsPerSecond;
    this.note(`The load asks for ${paymentsPerSecond} payments/s`);
  }

  /** Ends the load: what is on its way settles, and the verdict is given. */
  endLoad(): void {
    if (this.result === undefined && !this.interrupted) {
      this.interrupted = true;
      this.console.line('Ending: the load stops, what is on its way settles.');
      void this.system.generator('stopLoad').catch(() => undefined);
    }
  }

  async all(interrupted: Promise<void>): Promise<RunResult> {
    void interrupted.then(() => this.endLoad());
    const paymentsPerSecond = this.options.input === undefined ? await this.loadPhase() : await this.replayPhase(this.options.input);
    await this.faults.stop();
    await this.system.untilServicesListen();
    this.enter('draining');
    const { drained } = await this.settleAll();
    // Before the checker asks the API for every balance, which the databases would do as well.
    const database = await this.measured(this.system.databaseCost());
    const gateway = await this.gatewayMeter?.report((await this.system.checker('progress')).settledKeys);
    const report = await this.system.checker('report');
    const verdict = { ...await this.verdict(report, paymentsPerSecond, drained), ...(database && { database }), ...(gateway && { gateway }) };
    this.result = { verdict, findings: report.findings };
    this.enter('judged');
    await this.writeFiles(verdict, report);
    this.console.line(renderVerdict(verdict, report.findings));
    return this.result;
  }

  /** @returns payments settled per second of the load phase. */
  private async loadPhase(): Promise<number> {
    await this.warmUp();
    const rate = this.options.rate ?? await this.probe();
    if (this.interrupted) {
      return 0;
    }
    const before = await this.system.checker('progress');
    await this.measured(this.system.beginDatabaseCost());
    await this.gatewayMeter?.begin(before.settledKeys);
    this.console.line(`Load: ${Math.round(rate)} payments/s for ${this.options.seconds} s. The p99 shown is that of accept/settle.`);
    const start = Date.now();
    this.rate = rate;
    this.enter('load');
    this.faults.start();
    await this.watch(this.system.generator('load', { paymentsPerSecond: rate, seconds: this.options.seconds }));
    this.rate = undefined;
    const after = await this.system.checker('progress');
    return (after.settledKeys - before.settledKeys) / ((Date.now() - start) / 1000);
  }

  /** What was measured; nothing where that failed, as no verdict depends on it. */
  private async measured<Figure>(measurement: Promise<Figure>): Promise<Figure | undefined> {
    try {
      return await measurement;
    } catch (error) {
      this.console.line(`The cost of the databases is not known: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** Sends as fast as payments settle, and tells the share of that rate that the load phase asks for. */
  private async probe(): Promise<number> {
    const start = Date.now();
    this.enter('probe');
    await this.watch(this.system.generator('probe', { seconds: PROBE_SECONDS, window: PROBE_WINDOW }));
    const { lastMovement } = await this.settle();
    const { ledgerEffects } = await this.system.checker('progress');
    const settledPerSecond = ledgerEffects / ((lastMovement - start) / 1000);
    const rate = Math.max(1, LOAD_SHARE * settledPerSecond);
    this.console.line(
      `Probe: ${Math.round(settledPerSecond)} payments/s settled here, balances included; the load asks for ${LOAD_SHARE * 100} % of it.`,
    );
    await this.system.checkerCommand('resetLatencies');
    return rate;
  }

  /** Sends for a while what does not count among the latencies. */
  private async warmUp(): Promise<void> {
    const warmUp = warmUpOf(this.options.rate, this.options.warmUpSeconds);
    if (warmUp !== undefined) {
      this.enter('probe');
      await this.watch(this.system.generator('probe', warmUp));
      await this.settle();
      await this.system.checkerCommand('resetLatencies');
    }
  }

  /** Posts the lines of the input and, when nothing else is left, gives up the refunds whose payment does not come. */
  private async replayPhase(file: string): Promise<number> {
    const start = Date.now();
    let ended = false;
    this.enter('input');
    await this.gatewayMeter?.begin(0);
    this.faults.start();
    const replay = this.system.generator('replay', { file }).then(() => (ended = true));
    let stuckSince: number | undefined;
    let gaveUp = false;
    while (!ended) {
      await Promise.race([replay, sleep(TICK_MILLISECONDS)]);
      const progress = await this.system.generator<ReplayProgress>('replayProgress');
      await this.showReplay(progress);
      stuckSince = progress.stuck ? (stuckSince ?? Date.now()) : undefined;
      const wait = this.options.refundWaitSeconds ?? INPUT_REFUND_WAIT_SECONDS;
      if (!gaveUp && stuckSince !== undefined && Date.now() - stuckSince >= wait * 1000) {
        await this.system.updateVariable('REFUND_WAIT_SECONDS', '0');
        gaveUp = true;
      }
    }
    if (this.interrupted) {
      await this.system.updateVariable('REFUND_WAIT_SECONDS', '0');
    }
    const { settledKeys } = await this.system.checker('progress');
    return settledKeys / ((Date.now() - start) / 1000);
  }

  private async showReplay(replay: ReplayProgress): Promise<void> {
    const progress = await this.system.checker('progress');
    this.console.status(
      `  input  ${replay.answered.toLocaleString('en-US')} of ${replay.lines.toLocaleString('en-US')} lines answered`
      + `  settled ${progress.settledKeys.toLocaleString('en-US')}  settle p99 ${progress.settleMs.p99} ms`,
    );
  }

  /** Shows where the run stands until the phase is over. */
  private async watch(work: Promise<unknown>): Promise<void> {
    let over = false;
    const end = work.then(() => (over = true));
    while (!over) {
      await Promise.race([end, sleep(WATCH_MILLISECONDS)]);
      const [progress, engine] = await Promise.all([this.system.checker('progress'), this.system.engineStatistics()]);
      this.showProgress(progress, engine);
    }
  }

  /**
   * Waits for the end. Of a release that a client sent before its hold, the hold may have been refused, or cut off by the end of the load:
   * it would wait for as long as the template says.
   */
  private async settleAll(): ReturnType<typeof waitUntilSettled> {
    if (!this.system.routes.holds || this.options.input !== undefined) {
      return this.settle();
    }
    const settled = await this.settle(ORPHANED_RELEASE_SECONDS);
    if (settled.drained) {
      return settled;
    }
    await this.system.updateVariable('REFUND_WAIT_SECONDS', '0');
    return this.settle();
  }

  private settle(timeoutSeconds?: number): ReturnType<typeof waitUntilSettled> {
    const system = {
      progress: () => this.system.checker('progress'),
      engine: () => this.system.engineStatistics(),
      projectedEffects: () => this.system.checker('projectedEffects'),
      lookForParked: () => this.system.checkerCommand('lookForParked'),
      lookForRejectedPayouts: () => this.system.checkerCommand('lookForRejectedPayouts'),
    };
    const seconds = timeoutSeconds ?? this.options.drainTimeoutSeconds
      ?? SHORTEST_DRAIN_TIMEOUT_SECONDS + this.system.longestVisibilityTimeoutSeconds;
    return waitUntilSettled(system, seconds * 1000, (progress, engine) => this.showProgress(progress, engine));
  }

  private showProgress(progress: CheckerProgress, engine: EngineStatistics): void {
    this.console.status(progressLine(this.phase.name, progress, engine.balanceLagSeconds));
    this.options.onProgress?.(this.phase.name, progress, engine);
  }

  private enter(name: RunPhase): void {
    this.phase = { name, since: Date.now() };
    this.note(`Phase: ${name}`);
  }

  private note(text: string): void {
    this.log.add({ at: Date.now(), fault: undefined, text });
  }

  private noteFault({ at, fault, text }: FaultEvent): void {
    this.log.add({ at, fault, text: `${faultNamed(fault).title}: ${text}` });
  }

  private async verdict(report: CheckerReport, paymentsPerSecond: number, drained: boolean): Promise<Verdict> {
    const [engine, tables] = await Promise.all([this.system.engineStatistics(), this.system.tableStatistics()]);
    const killMoments = this.faults.killMoments(engine);
    const { sent, acked, refused, unanswered, late, applied, duplicates, rejected, parked, lost, doubled, outOfBalance } = report;
    return {
      sent, acked, refused, unanswered, late, applied, duplicates, rejected, parked, lost, doubled, outOfBalance,
      ...(this.system.routes.holds ? { holds: report.holds, releases: report.releases } : undefined),
      ...(this.system.routes.payouts ? { payouts: report.payouts } : undefined),
      redelivered: engine.redelivered,
      throttled: engine.throttledRecords + tables.throttled,
      kills: killsOf(killMoments),
      killMoments,
      parkedUnreadable: report.parkedUnreadable,
      unreadablePut: this.faults.unreadable,
      faults: this.faults.askedCounts(engine, tables),
      drained,
      handlerErrors: engine.handlerErrors,
      paymentsPerSecond: Math.round(paymentsPerSecond * 10) / 10,
      acceptMs: report.acceptMs,
      settleMs: report.settleMs,
      engine: this.system.engines,
      seed: this.options.seed,
      templateHash: this.templateHash,
    };
  }

  private async writeFiles(verdict: Verdict, report: CheckerReport): Promise<void> {
    const { answers, archive, balances, json } = this.options;
    if (balances !== undefined) {
      fs.writeFileSync(balances, balancesCsv(report.balances));
    }
    if (answers !== undefined) {
      fs.writeFileSync(answers, answersCsv(await this.system.generator<LineAnswer[]>('answers')));
    }
    if (json !== undefined) {
      fs.writeFileSync(json, `${JSON.stringify(verdict, undefined, 2)}\n`);
    }
    if (archive !== undefined) {
      const { AUDIT_BUCKET: bucket, AWS_ENDPOINT_URL_S3: endpoint } = this.system.operatorEnvironment;
      if (bucket === undefined) {
        throw new RunError('--archive needs an app with an audit archive: no function of this assembly has AUDIT_BUCKET.');
      }
      const count = await copyBucket(endpoint, bucket, archive);
      this.console.line(`Archive: ${count.toLocaleString('en-US')} objects in ${archive}`);
    }
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
