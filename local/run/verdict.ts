import type { Percentiles } from '../checker/checker';

/** What a run proved. The fields are stable. `sent = acked + refused + unanswered`, `acked = applied + duplicates + rejected + parked + lost`. */
export interface Verdict {
  /** Payments that clients sent, repetitions counted. */
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
  /** Balances, refundable amounts and rows that differ from the checker's own sums. */
  readonly outOfBalance: number;
  /** Records that a mapping delivered more than once. */
  readonly redelivered: number;
  /** Writes that the stream or a table turned away for their rate. */
  readonly throttled: number;
  readonly kills: number;
  readonly handlerErrors: number;
  /** Payments that settled in each second of the load phase, on average. */
  readonly paymentsPerSecond: number;
  /** From the moment a payment was due to its answer. */
  readonly acceptMs: Percentiles;
  /** From the moment a payment was due to its effect in the ledger. */
  readonly settleMs: Percentiles;
  readonly engine: { readonly [part: string]: string };
  readonly seed: number;
  /** SHA-256 over the templates that ran. */
  readonly templateHash: string;
}

/** Whether the run proved what it is for. Never depends on a rate. */
export function isClean(verdict: Verdict): boolean {
  return verdict.lost === 0 && verdict.doubled === 0 && verdict.outOfBalance === 0;
}

/** The verdict for people. */
export function renderVerdict(verdict: Verdict, findings: readonly string[]): string {
  const count = (value: number) => value.toLocaleString('en-US');
  const latency = ({ p50, p95, p99, p999 }: Percentiles) => `p50 ${p50}  p95 ${p95}  p99 ${p99}  p99.9 ${p999} ms`;
  return [
    '',
    `  lost ${count(verdict.lost)}   doubled ${count(verdict.doubled)}   out of balance ${count(verdict.outOfBalance)}   ${isClean(verdict) ? 'OK' : 'FAILED'}`,
    '',
    `  sent          ${count(verdict.sent)} = acked ${count(verdict.acked)} + refused ${count(verdict.refused)} + unanswered ${count(verdict.unanswered)}`,
    `  acked         ${count(verdict.acked)} = applied ${count(verdict.applied)} + duplicates ${count(verdict.duplicates)}`
      + ` + rejected ${count(verdict.rejected)} + parked ${count(verdict.parked)} + lost ${count(verdict.lost)}`,
    `  on the way    redelivered ${count(verdict.redelivered)}, throttled ${count(verdict.throttled)}, handler errors ${count(verdict.handlerErrors)},`
      + ` kills ${count(verdict.kills)}, late ${count(verdict.late)}`,
    `  accept        ${latency(verdict.acceptMs)}`,
    `  settle        ${latency(verdict.settleMs)}`,
    `  rate          ${count(Math.round(verdict.paymentsPerSecond))} payments/s settled on this machine (no proof for any other)`,
    `  engines       ${Object.entries(verdict.engine).map(([part, name]) => `${part}: ${name}`).join(', ')}`,
    `  seed          ${verdict.seed}   templates ${verdict.templateHash.slice(0, 12)}`,
    ...(findings.length > 0 ? ['', '  Findings:', ...findings.map((finding) => `  - ${finding}`)] : []),
    '',
  ].join('\n');
}
