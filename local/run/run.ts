import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Topology } from '../../lib/topology';
import { Dashboard, EventLog } from '../dashboard';
import { missingParts } from '../faults';
import { checkCoverage } from '../plan/coverage';
import { faultParts } from '../plan/fault-parts';
import { apiEnvironments, planRun, type RunPlan } from '../plan/run-plan';
import { behindGateway, chooseGateway, gatewayLines, gatewaysOf } from './gateway-choice';
import { GatewayMeter } from './gateway-report';
import { JudgedRun, type RunResult } from './judged-run';
import { LiveFeed } from './live-feed';
import type { RunOptions } from './options';
import { type RunConsole, wrapped } from './report-lines';
import { RunError } from './run-error';
import { LocalSystem } from './system';
import { removeSystemFile, writeSystemFile } from './system-file';
import { createLocalIssuer, type LocalIssuer } from './tokens';
import { isClean } from './verdict';

/** Longer than any run. */
const FOR_EVER_SECONDS = 1_000_000_000;

/**
 * Runs a cloud assembly on this machine, puts a load on it and judges what became of every payment.
 *
 * @param interrupted resolves when the person has had enough: the load ends, what is on its way settles, and the verdict is given.
 * @throws RunError for what the person can mend, Error when a part of the run fails.
 */
export async function runAssembly(options: RunOptions, console: RunConsole, interrupted: Promise<void>): Promise<RunResult> {
  const topology = Topology.read(options.assembly);
  const { summary } = checkCoverage(topology);
  const planned = withOptions(planRun(topology), options);
  const gateway = chooseGateway(options.gateway ?? 'none', planned);
  const plan = gateway === undefined ? planned : behindGateway(planned);
  if (apiEnvironments(plan).length === 0) {
    throw new RunError(`${options.assembly} has neither a Fargate service nor pods behind a route that could take payments.`);
  }
  const parts = faultParts(plan);
  const missing = missingParts(options.faults, parts);
  if (missing !== undefined) {
    throw new RunError(missing);
  }
  const issuer = options.noAuthentication ? undefined : await createLocalIssuer();
  const folder = path.join(process.cwd(), '.local', `run-${process.pid}-${Date.now().toString(36)}`);
  fs.mkdirSync(folder, { recursive: true });
  const details = options.coverage ? checkCoverage(topology, gateway !== undefined).details : [];
  [...summary, ...details].forEach((line) => console.line(wrapped(line)));

  let system: LocalSystem | undefined;
  let dashboard: Dashboard | undefined;
  let isWorthKeeping = true;
  try {
    system = await LocalSystem.start(plan, options, issuer, folder, gateway);
    gatewayLines(plan, system.gateway).forEach((line) => console.line(wrapped(line)));
    writeSystemFile(folder, system);
    const log = new EventLog();
    const run = new JudgedRun(system, options, console, hashOf(topology), log, gatewayMeter(plan, system));
    if (options.page) {
      dashboard = await Dashboard.start({ port: options.pagePort, feed: new LiveFeed(system, run, log, options, parts) });
    }
    announce(system, issuer, dashboard, console);
    const result = await Promise.race([run.all(interrupted), system.failed]);
    isWorthKeeping = !isClean(result.verdict);
    if (options.keep) {
      console.line('The system stays up until Ctrl-C.');
      await Promise.race([interrupted, system.failed]);
    }
    return result;
  } finally {
    await dashboard?.close();
    removeSystemFile(folder);
    await system?.stop();
    if (isWorthKeeping) {
      console.line(`Logs of this run: ${path.relative(process.cwd(), folder)}`);
    } else {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** What the verdict says of a gateway; nothing where the template has none. */
function gatewayMeter(plan: RunPlan, system: LocalSystem): GatewayMeter | undefined {
  return gatewaysOf(plan).length === 0 ? undefined : new GatewayMeter(system.gateway);
}

/**
 * Waits that a run shortens, in functions that have the variable before them: a payout that was left to itself is looked after within seconds, a
 * balance shows a hold at once here, and the pretend bank is slower than its clients now and then.
 */
const SHORTER_WAITS: readonly (readonly [marker: string, variables: { readonly [name: string]: string }])[] = [
  ['PAYOUT_WATCH_SECONDS', { PAYOUT_WATCH_SECONDS: '5' }],
  ['TRANSFER_ENDPOINT', { BALANCE_LAG_SECONDS: '30', TRANSFER_TIMEOUT_MILLISECONDS: '1000' }],
];

/** Sets how long refunds wait, where the options say so, and shortens what would outlast the run. */
function withOptions(plan: RunPlan, options: RunOptions): RunPlan {
  // Until the last line of an input is posted, every refund may still find its payment.
  const refundWait = options.input !== undefined ? FOR_EVER_SECONDS : options.refundWaitSeconds;
  const waits = [...SHORTER_WAITS, ...(refundWait === undefined ? [] : [['REFUND_WAIT_SECONDS', { REFUND_WAIT_SECONDS: String(refundWait) }] as const])];
  const functions = plan.functions.map((definition) => {
    const changed = waits.filter(([marker]) => marker in definition.environment).map(([, variables]) => variables);
    const environment: typeof definition.environment = Object.assign({}, definition.environment, ...changed);
    return changed.length === 0 ? definition : { ...definition, environment };
  });
  return { ...plan, functions };
}

function announce(system: LocalSystem, issuer: LocalIssuer | undefined, dashboard: Dashboard | undefined, console: RunConsole): void {
  console.line(`API: ${system.apiTargets.map(({ host, port }) => `http://${host}:${port}`).join(' ')}`);
  if (dashboard) {
    console.line(`Live page: ${dashboard.url}`);
  }
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
