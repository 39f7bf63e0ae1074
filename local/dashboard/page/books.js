import { element, make, setText } from './dom.js';
import { count, duration, UNKNOWN } from './format.js';

/** The three zeroes, what was promised to clients, and the verdict. */

/**
 * @typedef {import('../feed').Snapshot} Snapshot
 * @typedef {import('../feed').Judgement} Judgement
 */

const ZEROES = /** @type {const} */ ([
  { id: 'lost', term: 'lost', clean: 'no promise was lost' },
  { id: 'doubled', term: 'doubled', clean: 'every effect once' },
  { id: 'balance', term: 'outOfBalance', clean: 'all sums agree' },
]);

/** @param {Snapshot} snapshot */
export function showBooks({ books, payments, judgement }) {
  for (const { id, term, clean } of ZEROES) {
    const value = judgement?.verdict[term] ?? books[term];
    const tile = element(id, HTMLElement);
    tile.classList.toggle('known', value !== undefined);
    tile.classList.toggle('proved', judgement !== undefined && value === 0);
    tile.classList.toggle('broken', value !== undefined && value > 0);
    setText(element(`${id}-figure`, HTMLElement), count(value));
    setText(element(`${id}-note`, HTMLElement), judgement ? (value === 0 ? clean : 'see the verdict') : value === undefined ? 'known once all has settled' : 'so far');
  }
  showPromises(payments, judgement);
}

/**
 * @param {Snapshot['payments']} payments
 * @param {Judgement | undefined} judgement
 */
function showPromises(payments, judgement) {
  const { acknowledgedKeys, settledKeys } = payments;
  const open = Math.max(0, acknowledgedKeys - settledKeys);
  const settledShare = acknowledgedKeys === 0 ? 0 : settledKeys / acknowledgedKeys;
  const terms = {
    sent: payments.sent, acked: payments.acked, settled: settledKeys, open,
    refused: payments.refused, unanswered: payments.unanswered, parked: judgement?.verdict.parked ?? payments.parked, late: payments.late,
  };
  Object.entries(terms).forEach(([id, value]) => setText(element(id, HTMLElement), count(value)));
  element('bar-settled', HTMLElement).style.width = `${settledShare * 100}%`;
  element('bar-open', HTMLElement).style.width = acknowledgedKeys === 0 ? '0' : `${(1 - settledShare) * 100}%`;
}

/** Shows the verdict, once. @param {Judgement} judgement */
export function showVerdict({ verdict, passed, findings }) {
  const section = element('verdict', HTMLElement);
  if (!section.hidden) {
    return;
  }
  /** @param {import('../feed').LatencyState['all']} latency */
  const latency = ({ p50, p95, p99, p999 }) => `p50 ${duration(p50)}, p95 ${duration(p95)}, p99 ${duration(p99)}, p99.9 ${duration(p999)}`;
  const terms = [
    ['sent', `${count(verdict.sent)} = acked ${count(verdict.acked)} + refused ${count(verdict.refused)} + unanswered ${count(verdict.unanswered)}`],
    ['acked', `${count(verdict.acked)} = applied ${count(verdict.applied)} + duplicates ${count(verdict.duplicates)} + rejected ${count(verdict.rejected)}`
      + ` + parked ${count(verdict.parked)} + lost ${count(verdict.lost)}`],
    ['on the way', `redelivered ${count(verdict.redelivered)}, throttled ${count(verdict.throttled)}, handler errors ${count(verdict.handlerErrors)},`
      + ` kills ${count(verdict.kills)}, late ${count(verdict.late)}`],
    ['faults', Object.entries(verdict.faults).map(([name, strikes]) => `${name} ${count(strikes)}`).join(', ') || 'none asked for'],
    ['backlog', verdict.drained ? 'drained' : 'did not drain: something was still on its way when nothing moved any more'],
    ['accept', latency(verdict.acceptMs)],
    ['settle', latency(verdict.settleMs)],
    ['rate', `${count(verdict.paymentsPerSecond)} payments/s settled on this machine`],
    ['seed', String(verdict.seed)],
    ['templates', verdict.templateHash.slice(0, 12) || UNKNOWN],
  ];
  element('verdict-terms', HTMLElement).append(...terms.map(([term, text]) => make('div', {}, [make('dt', { text: term }), make('dd', { text })])));
  element('verdict-findings', HTMLElement).append(...findings.map((text) => make('li', { text })));
  const badge = element('verdict-badge', HTMLElement);
  setText(badge, verdictWord(passed));
  badge.classList.add(passed ? 'good' : 'bad');
  section.hidden = false;
}

/** @param {boolean} passed */
export function verdictWord(passed) {
  return passed ? 'OK' : 'FAILED';
}
