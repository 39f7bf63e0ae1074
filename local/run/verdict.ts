import type { Percentiles } from '../checker/latency-meter';
import type { PayoutEnds } from '../checker/payout-audit';
import type { PayoutClientCounts } from '../checker/payouts';
import { type FaultName, faultNamed } from '../faults';
import type { DatabaseCost } from './database-cost';
import type { GatewayReport } from './gateway-report';
import { wrapped } from './report-lines';

/** How many kills hit before the effects of what they ended, and how many after these and before the answer. */
export interface KillMoments {
  readonly inside: number;
  readonly afterEffects: number;
}

/** Kills at either moment. */
export function killsOf({ afterEffects, inside }: KillMoments): number {
  return inside + afterEffects;
}

/** What a run proved. The fields are stable. `sent = acked + refused + unanswered`, `acked = applied + duplicates + rejected + parked + lost`. */
export interface Verdict {
  /** Payments, holds and releases that clients sent, repetitions counted. */
  readonly sent: number;
  /** Answered 202. */
  readonly acked: number;
  /** Answered anything else. */
  readonly refused: number;
  /** Without any answer; they may have taken effect or not. */
  readonly unanswered: number;
  /** Left more than 100 ms after they were due. */
  readonly late: number;
  readonly applied: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly parked: number;
  /** Acknowledged, and in no table. */
  readonly lost: number;
  /** Effects beyond the one that was promised. */
  readonly doubled: number;
  /** Balances, what is left of payments and holds, rows, and the bank's book that differ from the checker's own sums. */
  readonly outOfBalance: number;
  /** Acknowledged holds that took effect, among `applied`. Only where the API takes holds. */
  readonly holds?: number;
  /** Acknowledged releases that took effect, among `applied`. Only where the API takes holds. */
  readonly releases?: number;
  /**
   * Payouts, which are in no other count: `sent = acked + refused + unanswered`, `acked = settled + released + rejected + duplicates + lost`.
   * Only where the API takes payouts.
   */
  readonly payouts?: PayoutClientCounts & PayoutEnds;
  /** Records that a mapping delivered more than once, or that a group of readers of a topic fetched. */
  readonly redelivered: number;
  /** Writes that the stream or a table turned away for their rate. */
  readonly throttled: number;
  /** Kills that hit a running invocation, a pod that read, or an API task with a call under way. */
  readonly kills: number;
  /** The same by moment: inside the work, and after its effects but before its answer. */
  readonly killMoments: KillMoments;
  /** Parked records that name no payment. */
  readonly parkedUnreadable: number;
  /** Records of random bytes that the run put into streams: each has to be parked once. */
  readonly unreadablePut: number;
  /** How often each fault that was asked for struck. */
  readonly faults: { readonly [name in FaultName]?: number };
  /** Everything that was on its way settled after the load, and the faults with it, had ended. */
  readonly drained: boolean;
  readonly handlerErrors: number;
  /** Payments that settled in each second of the load phase, on average. */
  readonly paymentsPerSecond: number;
  /** From the moment a payment was due to its answer. */
  readonly acceptMs: Percentiles;
  /** From the moment a payment was due to its effect in the ledger. */
  readonly settleMs: Percentiles;
  /** What PostgreSQL took for a payment, and how much more that is than the least. Only where the ledger is in one, and CPU time is told. */
  readonly database?: DatabaseCost;
  /** What stood before the API. Only where the template has a gateway. */
  readonly gateway?: GatewayReport;
  readonly engine: { readonly [part: string]: string };
  readonly seed: number;
  /** SHA-256 over the templates that ran. */
  readonly templateHash: string;
}

/** Why a verdict is not clean, one sentence each; nothing where the run proved what it is for. Never depends on a rate. */
export function shortcomings(verdict: Verdict): string[] {
  const unseen = Object.entries(verdict.faults).filter(([, count]) => count === 0).map(([name]) => faultNamed(name).flag);
  return [
    ...(verdict.sent > 0 && verdict.acked === 0 ? ['nothing was acknowledged, so that nothing is proved'] : []),
    ...(verdict.lost + verdict.doubled + verdict.outOfBalance > 0 ? ['payments were lost, doubled or out of balance'] : []),
    ...(verdict.payouts === undefined || verdict.payouts.lost === 0 ? [] : ['payouts were acknowledged and have no end']),
    ...(verdict.drained ? [] : ['the backlog did not drain: something was still on its way when nothing moved any more']),
    ...(verdict.parkedUnreadable === verdict.unreadablePut ? [] : [
      `${verdict.unreadablePut} records of random bytes were put into streams, and ${verdict.parkedUnreadable} are parked`,
    ]),
    ...(unseen.length === 0 ? [] : [`never seen, so that nothing is proved about it: ${unseen.map((flag) => `--${flag}`).join(', ')}`]),
  ];
}

/** Whether the run proved what it is for. */
export function isClean(verdict: Verdict): boolean {
  return shortcomings(verdict).length === 0;
}

/** Where the texts of a verdict begin, behind their names. */
const COLUMN = 16;

/** The verdict for people, for a terminal of 80 columns. */
export function renderVerdict(verdict: Verdict, findings: readonly string[]): string {
  const latency = ({ p50, p95, p99, p999 }: Percentiles) => `p50 ${p50}  p95 ${p95}  p99 ${p99}  p99.9 ${p999} ms`;
  return [
    '',
    `  lost ${count(verdict.lost)}   doubled ${count(verdict.doubled)}   out of balance ${count(verdict.outOfBalance)}   ${isClean(verdict) ? 'OK' : 'FAILED'}`,
    '',
    entry('sent', `${count(verdict.sent)} = acked ${count(verdict.acked)} + refused ${count(verdict.refused)} + unanswered ${count(verdict.unanswered)}`),
    entry('acked', `${count(verdict.acked)} = applied ${count(verdict.applied)} + duplicates ${count(verdict.duplicates)}`
      + ` + rejected ${count(verdict.rejected)} + parked ${count(verdict.parked)} + lost ${count(verdict.lost)}`),
    entry('on the way', `redelivered ${count(verdict.redelivered)}, throttled ${count(verdict.throttled)}, handler errors ${count(verdict.handlerErrors)},`
      + ` ${killText(verdict)}, late ${count(verdict.late)}`),
    ...movementEntries(verdict),
    ...faultEntries(verdict),
    entry('accept', latency(verdict.acceptMs)),
    entry('settle', latency(verdict.settleMs)),
    entry('rate', `${count(Math.round(verdict.paymentsPerSecond))} payments/s settled on this machine${beforeApi(verdict)} (no proof for any other)`),
    ...databaseEntries(verdict),
    ...gatewayEntries(verdict),
    entry('engines', Object.entries(verdict.engine).map(([part, name]) => `${part}: ${name}`).join(', ')),
    entry('seed', `${verdict.seed}   templates ${verdict.templateHash.slice(0, 12)}`),
    ...shortcomings(verdict).map((text) => entry('FAILED', text)),
    ...(findings.length > 0 ? ['', '  Findings:', ...findings.map((finding) => wrapped(finding, '  - ', '    '))] : []),
    '',
  ].join('\n');
}

function movementEntries({ holds, releases, payouts }: Verdict): string[] {
  return [
    ...(holds === undefined ? [] : [entry('holds', `applied ${count(holds)}, releases applied ${count(releases ?? 0)}`)]),
    ...(payouts === undefined ? [] : [entry('payouts', `sent ${count(payouts.sent)}, acked ${count(payouts.acked)} = settled ${count(payouts.settled)}`
      + ` + released ${count(payouts.released)} + rejected ${count(payouts.rejected)} + duplicates ${count(payouts.duplicates)} + lost ${count(payouts.lost)}`)]),
  ];
}

function databaseEntries({ database }: Verdict): string[] {
  return database === undefined ? [] : [entry('database', `${database.cpuMicrosecondsPerPayment} µs of CPU a payment, ${database.ratio} times the bare insert of the`
    + ` same rows with balances (${database.floorMicrosecondsPerPayment} µs)`)];
}

/** A rate through a gateway and one without are two things. */
function beforeApi({ gateway }: Verdict): string {
  return gateway === undefined ? '' : gateway.engine === 'none' ? ', no gateway before the API' : `, ${gateway.engine} before the API`;
}

function gatewayEntries({ gateway }: Verdict): string[] {
  const { cpuMicrosecondsPerPayment: microseconds } = gateway ?? {};
  return microseconds === undefined ? [] : [entry('gateway', `${microseconds} µs of CPU a payment (${gateway!.engine})`)];
}

function killText({ killMoments: { inside, afterEffects }, kills }: Verdict): string {
  return kills === 0 ? 'kills 0' : `kills ${count(kills)} (${count(inside)} inside, ${count(afterEffects)} after the effects)`;
}

function faultEntries(verdict: Verdict): string[] {
  const seen = Object.entries(verdict.faults).map(([name, times]) => `${name} ${count(times)}`);
  const unreadable = verdict.unreadablePut > 0 ? [entry('unreadable', `put ${count(verdict.unreadablePut)}, parked ${count(verdict.parkedUnreadable)}`)] : [];
  return seen.length === 0 ? [] : [entry('faults', seen.join(', ')), ...unreadable];
}

function entry(name: string, text: string): string {
  return wrapped(text, `  ${name}`.padEnd(COLUMN), ' '.repeat(COLUMN));
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
