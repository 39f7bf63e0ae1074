import type { CheckerReport } from '../checker/checker';
import type { LineAnswer } from '../load/input-replay';

/** `merchantId,currency,balance` with a header, RFC 4180. */
export function balancesCsv(balances: CheckerReport['balances']): string {
  return csv([['merchantId', 'currency', 'balance'], ...balances.map(({ merchantId, currency, balance }) => [merchantId, currency, balance])]);
}

/** `line,status,problem` with a header, RFC 4180; `problem` is the problem document, empty for what was acknowledged. */
export function answersCsv(answers: readonly LineAnswer[]): string {
  return csv([['line', 'status', 'problem'], ...answers.map(({ line, status, problem }) => [String(line), String(status), problem])]);
}

function csv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** Quoted where it must be: RFC 4180, section 2. */
function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
