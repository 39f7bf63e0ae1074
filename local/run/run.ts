import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Topology } from '../../lib/topology';
import type { CheckerProgress, CheckerReport } from '../checker/checker';
import type { LineAnswer, ReplayProgress } from '../load/input-replay';
import { checkCoverage } from '../plan/coverage';
import { planRun, type RunPlan } from '../plan/run-plan';
import { answersCsv, balancesCsv } from './csv-files';
import type { EngineStatistics } from './engine-statistics';
import type { RunOptions } from './options';
import { progressLine, type RunConsole, wrapped } from './report-lines';
import { RunError } from './run-error';
import { LocalSystem } from './system';
import { createLocalIssuer, type LocalIssuer } from './tokens';
import { isClean, renderVerdict, type Verdict } from './verdict';

const PROBE_SECONDS = 5;
/** Most payments on their way during the probe. */
const PROBE_WINDOW = 2_000;
/** Share of what the probe settled that the load phase asks for. */
const LOAD_SHARE = 0.6;
/** How long a refund waits for its payment once every line of an input was posted, in seconds. */
const INPUT_REFUND_WAIT_SECONDS = 5;
/** Longest wait for anything to move before the run gives up and says what is missing. */
const STALL_SECONDS = 60;
/** Longer than any run. */
const FOR_EVER_SECONDS = 1_000_000_000;
const TICK_MILLISECONDS = 200;
/** The engines have to be idle this many ticks in a row before the run believes that nothing more comes. */
const IDLE_TICKS = 5;

/** What a run proved, and the first few findings behind it. */
export interface RunResult {
  readonly verdict: Verdict;
  readonly findings: readonly string[];
}

/**
 * Runs a cloud assembly on this machine, puts a load on it and judges what became of every payment.
 *
 * @param interrupted resolves when the person has had enough: the load ends, what is on its way settles, and the verdict is given.
 * @throws RunError for what the person can mend, Error when a part of the run fails.
 */
export async function runAssembly(options: RunOptions, console: RunConsole, interrupted: Promise<void>): Promise<RunResult> {
  const topology = Topology.read(options.assembly);
  const { lines } = checkCoverage(topology);
  const plan = withOptions(planRun(topology), options);
  if (plan.services.length === 0) {
    throw new RunError(`${options.assembly} has no Fargate service that could take payments.`);
  }
  const issuer = options.noAuthentication ? undefined : await createLocalIssuer();
  const folder = path.join(process.cwd(), '.local', `run-${process.pid}-${Date.now().toString(36)}`);
  fs.mkdirSync(folder, { recursive: true });
  lines.forEach((line) => console.line(wrapped(line)));

  let system: LocalSystem | undefined;
  let isWorthKeeping = true;
  try {
    system = await LocalSystem.start(plan, options, issuer, folder);
    announce(system, issuer, console);
    const run = new Run(system, options, console, hashOf(topology));
    const result = await Promise.race([run.all(interrupted), system.failed]);
    isWorthKeeping = !isClean(result.verdict);
    if (options.keep) {
      console.line('The system stays up until Ctrl-C.');
      await Promise.race([interrupted, system.failed]);
    }
    return result;
  } finally {
    await system?.stop();
    if (isWorthKeeping) {
      console.line(`Logs of this run: ${path.relative(process.cwd(), folder)}`);
    } else {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** One run on a started system: warm-up, load, drain, verdict. */
class Run {
  private interrupted = false;
  /** The verdict is given: nothing is left to interrupt. */
  private judged = false;

  constructor(
    private readonly system: LocalSystem,
    private readonly options: RunOptions,
    private readonly console: RunConsole,
    private readonly templateHash: string,
  ) {}

  async all(interrupted: Promise<void>): Promise<RunResult> {
    void interrupted.then(() => {
      if (this.judged) {
        return;
      }
      this.interrupted = true;
      this.console.line('Ending: the load stops, what is on its way settles.');
      void this.system.generator('stopLoad').catch(() => undefined);
    });
    const paymentsPerSecond = this.options.input === undefined ? await this.loadPhase() : await this.replayPhase(this.options.input);
    await this.settle('draining');
    const report = await this.system.checker('report');
    const verdict = await this.verdict(report, paymentsPerSecond);
    this.judged = true;
    await this.writeFiles(verdict, report);
    this.console.line(renderVerdict(verdict, report.findings));
    return { verdict, findings: report.findings };
  }

  /** @returns payments settled per second of the load phase. */
  private async loadPhase(): Promise<number> {
    const rate = this.options.rate ?? (await this.probe());
    if (this.interrupted) {
      return 0;
    }
    const before = await this.system.checker('progress');
    this.console.line(`Load: ${Math.round(rate)} payments/s for ${this.options.seconds} s. The p99 shown is that of accept/settle.`);
    const start = Date.now();
    await this.watch('load', this.system.generator('load', { paymentsPerSecond: rate, seconds: this.options.seconds }));
    const after = await this.system.checker('progress');
    return (after.settledKeys - before.settledKeys) / ((Date.now() - start) / 1000);
  }

  /** Sends as fast as payments settle, and tells the share of that rate that the load phase asks for. */
  private async probe(): Promise<number> {
    const start = Date.now();
    await this.watch('probe', this.system.generator('probe', { seconds: PROBE_SECONDS, window: PROBE_WINDOW }));
    await this.settle('probe');
    const { ledgerEffects } = await this.system.checker('progress');
    const settledPerSecond = ledgerEffects / ((this.lastMovement - start) / 1000);
    const rate = Math.max(1, LOAD_SHARE * settledPerSecond);
    this.console.line(
      `Probe: ${Math.round(settledPerSecond)} payments/s settled here, balances included; the load asks for ${LOAD_SHARE * 100} % of it.`,
    );
    await this.system.checkerCommand('resetLatencies');
    return rate;
  }

  /** Posts the lines of the input and, when nothing else is left, gives up the refunds whose payment does not come. */
  private async replayPhase(file: string): Promise<number> {
    const start = Date.now();
    let ended = false;
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
  private async watch(phase: string, work: Promise<unknown>): Promise<void> {
    let over = false;
    const end = work.then(() => (over = true));
    while (!over) {
      await Promise.race([end, sleep(1000)]);
      const [progress, engine] = await Promise.all([this.system.checker('progress'), this.system.engineStatistics()]);
      this.showProgress(phase, progress, engine);
    }
  }

  /** When the run last saw anything move. */
  private lastMovement = Date.now();

  /** Waits until every acknowledged payment has settled and its balance is projected, or nothing moves any more. */
  private async settle(phase: string): Promise<void> {
    this.lastMovement = Date.now();
    let idleTicks = 0;
    let before = '';
    while (idleTicks < IDLE_TICKS && Date.now() - this.lastMovement < STALL_SECONDS * 1000) {
      await sleep(TICK_MILLISECONDS);
      const engine = await this.system.engineStatistics();
      const progress = await this.system.checker('progress');
      const projected = await this.system.checker('projectedEffects');
      const now = JSON.stringify([engine.invocations, progress.settledKeys, progress.ledgerEffects, projected]);
      if (now !== before) {
        this.lastMovement = Date.now();
        before = now;
      }
      if (progress.settledKeys < progress.acknowledgedKeys) {
        await this.system.checkerCommand('lookForParked');
      } else if (engine.idle && projected === progress.ledgerEffects) {
        return;
      }
      idleTicks = engine.idle ? idleTicks + 1 : 0;
      this.showProgress(phase, progress, engine);
    }
  }

  private showProgress(phase: string, progress: CheckerProgress, engine: EngineStatistics): void {
    this.console.status(progressLine(phase, progress, engine.balanceLagSeconds));
  }

  private async verdict(report: CheckerReport, paymentsPerSecond: number): Promise<Verdict> {
    const [engine, tables] = await Promise.all([this.system.engineStatistics(), this.system.tableStatistics()]);
    const { sent, acked, refused, unanswered, late, applied, duplicates, rejected, parked, lost, doubled, outOfBalance, acceptMs, settleMs } = report;
    return {
      sent, acked, refused, unanswered, late, applied, duplicates, rejected, parked, lost, doubled, outOfBalance,
      redelivered: engine.redelivered,
      throttled: engine.throttledRecords + tables.throttled,
      kills: 0,
      handlerErrors: engine.handlerErrors,
      paymentsPerSecond: Math.round(paymentsPerSecond * 10) / 10,
      acceptMs,
      settleMs,
      engine: this.system.engines,
      seed: this.options.seed,
      templateHash: this.templateHash,
    };
  }

  private async writeFiles(verdict: Verdict, report: CheckerReport): Promise<void> {
    const { answers, balances, json } = this.options;
    if (balances !== undefined) {
      fs.writeFileSync(balances, balancesCsv(report.balances));
    }
    if (answers !== undefined) {
      fs.writeFileSync(answers, answersCsv(await this.system.generator<LineAnswer[]>('answers')));
    }
    if (json !== undefined) {
      fs.writeFileSync(json, `${JSON.stringify(verdict, undefined, 2)}\n`);
    }
  }
}

/** Sets how long refunds wait, where the options say so. */
function withOptions(plan: RunPlan, options: RunOptions): RunPlan {
  // Until the last line of an input is posted, every refund may still find its payment.
  const refundWait = options.input !== undefined ? FOR_EVER_SECONDS : options.refundWaitSeconds;
  if (refundWait === undefined) {
    return plan;
  }
  const functions = plan.functions.map((definition) =>
    'REFUND_WAIT_SECONDS' in definition.environment
      ? { ...definition, environment: { ...definition.environment, REFUND_WAIT_SECONDS: String(refundWait) } }
      : definition,
  );
  return { ...plan, functions };
}

function announce(system: LocalSystem, issuer: LocalIssuer | undefined, console: RunConsole): void {
  console.line(`API: ${system.apiTargets.map(({ host, port }) => `http://${host}:${port}`).join(' ')}`);
  console.line(issuer ? `Token: ${issuer.token}` : 'Token: none is asked for (--no-auth)');
}

/** One hash over every template, whatever the order of the stacks. */
function hashOf(topology: Topology): string {
  const hash = createHash('sha256');
  for (const file of topology.stacks.map((stack) => stack.templateFile).sort()) {
    hash.update(path.basename(file)).update(fs.readFileSync(file));
  }
  return hash.digest('hex');
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
