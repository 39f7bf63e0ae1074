import { latLngToCell } from 'h3-js';
import { type CasePayment, type FraudCase, series } from './payment-events';

/** The limit of a payment in EUR that the cases are made for, in minor units. */
export const LIMIT = 1_000_000;
/** The category of merchants that sell at a distance. */
export const REMOTE = '5964';

const RESOLUTION = 9;
const SAN_FRANCISCO = latLngToCell(37.775, -122.418, RESOLUTION);
const LOS_ANGELES = latLngToCell(34.05, -118.24, RESOLUTION);
const CHICAGO = latLngToCell(41.88, -87.63, RESOLUTION);
const NEW_YORK = latLngToCell(40.71, -74.0, RESOLUTION);
const PARIS = latLngToCell(48.857, 2.352, RESOLUTION);
/** Another resolution: its region is the same. */
const PARIS_COARSE = latLngToCell(48.857, 2.352, 3);

const MINUTE = 60;

function trip(payerId: string, ...stops: (readonly [second: number, cell: string | undefined, category?: string])[]): CasePayment[] {
  return stops.map(([at, merchantCell, merchantCategory], index) => ({ idempotencyKey: `${payerId}-${index}`, payerId, at, merchantCell, merchantCategory }));
}

/** Twenty payments of about ten euros every ten seconds, as a history. */
function history(payerId: string, others: Partial<CasePayment> = {}): CasePayment[] {
  return series(payerId, 20, 10, others).map((payment, index) => ({ ...payment, amount: 1_000 + (index % 5) * 10 }));
}

const VELOCITY: readonly FraudCase[] = [
  { name: 'eleven and twelve payments in a minute: those above ten', payments: series('burst', 12, 5), held: { 'burst-10': 'velocity', 'burst-11': 'velocity' } },
  { name: 'the window ends a minute back, that payment included', payments: series('edge', 11, 6), held: { 'edge-10': 'velocity' } },
  { name: 'a second longer, and there are ten', payments: series('calm', 11, 6.1), held: {} },
  {
    name: 'ten payments, delivered three times',
    payments: [...series('again', 10, 5), ...series('again', 10, 5).map((it) => ({ ...it, comes: it.at + 1 })), ...series('again', 10, 5).map((it) => ({ ...it, comes: it.at + 7 }))],
    held: {},
  },
  {
    name: 'the same key at two merchants is two payments',
    payments: [...series('twins', 6, 5, { merchantId: 'm-a' }), ...series('twins', 5, 5, { at: 1, merchantId: 'm-b' })],
    // The eleventh in time.
    held: { 'twins-5': 'velocity' },
  },
  { name: 'ten payments of each of two payers', payments: [...series('left', 10, 1), ...series('right', 10, 1)], held: {} },
  { name: 'refunds are no payments', payments: [...series('refunds', 10, 1), ...series('refunds', 10, 1, { type: 'refund' })], held: {} },
];

const AMOUNT: readonly FraudCase[] = [
  { name: 'above the limit', payments: [{ idempotencyKey: 'large', at: 3, amount: LIMIT + 1 }], held: { large: 'amount' } },
  { name: 'at the limit', payments: [{ idempotencyKey: 'full', at: 3, amount: LIMIT }], held: {} },
  { name: 'a currency without a limit', payments: [{ idempotencyKey: 'yen', at: 3, amount: LIMIT * 100, currency: 'JPY' }], held: {} },
  {
    name: 'far above the own history',
    payments: [...history('habit'), { idempotencyKey: 'habit-x', payerId: 'habit', at: 210, amount: 2_100 }],
    held: { 'habit-x': 'amount' },
  },
  {
    name: 'a little above the own history: less than four deviations of a quarter of the mean',
    payments: [...history('even'), { idempotencyKey: 'even-x', payerId: 'even', at: 210, amount: 2_000 }],
    held: {},
  },
  {
    name: 'far above a history that is too short',
    payments: [...history('short').slice(1), { idempotencyKey: 'short-x', payerId: 'short', at: 210, amount: 9_000 }],
    held: {},
  },
  {
    name: 'far above the history in another currency',
    payments: [...history('abroad'), { idempotencyKey: 'abroad-x', payerId: 'abroad', at: 210, amount: 9_000, currency: 'USD' }],
    held: {},
  },
];

const GEO: readonly FraudCase[] = [
  { name: 'San Francisco and Paris within ten minutes', payments: trip('jump', [0, SAN_FRANCISCO], [10 * MINUTE, PARIS]), held: { 'jump-1': 'geo' } },
  { name: 'within fifteen minutes and a second', payments: trip('flight', [0, SAN_FRANCISCO], [15 * MINUTE + 1, PARIS]), held: {} },
  { name: 'cells of different resolutions', payments: trip('coarse', [0, SAN_FRANCISCO], [MINUTE, PARIS_COARSE]), held: { 'coarse-1': 'geo' } },
  { name: 'two regions that touch each other', payments: trip('border', [0, SAN_FRANCISCO], [MINUTE, LOS_ANGELES], [2 * MINUTE, CHICAGO]), held: {} },
  { name: 'by way of regions that touch', payments: trip('steps', [0, SAN_FRANCISCO], [MINUTE, CHICAGO], [2 * MINUTE, NEW_YORK]), held: { 'steps-2': 'geo' } },
  { name: 'there and back', payments: trip('back', [0, PARIS], [MINUTE, NEW_YORK], [2 * MINUTE, PARIS]), held: { 'back-1': 'geo', 'back-2': 'geo' } },
  { name: 'a merchant that sells at a distance', payments: trip('order', [0, SAN_FRANCISCO], [MINUTE, PARIS, REMOTE]), held: {} },
  { name: 'a merchant of another category', payments: trip('shop', [0, SAN_FRANCISCO, '5411'], [MINUTE, PARIS, '5411']), held: { 'shop-1': 'geo' } },
  { name: 'merchants without a cell, or with none of H3', payments: trip('unknown', [0, SAN_FRANCISCO], [MINUTE, undefined], [2 * MINUTE, 'paris']), held: {} },
];

const LATE: readonly FraudCase[] = [
  {
    name: 'out of order, within the time that the rules wait: it counts in its place',
    payments: [...series('tardy', 10, 1), { idempotencyKey: 'tardy-x', payerId: 'tardy', at: 5.5, comes: 25 }],
    held: { 'tardy-9': 'velocity' },
  },
  {
    name: 'later than that: it is left out, although it would be the eleventh',
    payments: [...series('stale', 10, 1), { idempotencyKey: 'stale-x', payerId: 'stale', at: 9.5, comes: 50 }],
    held: {},
  },
  {
    name: 'later than that, but above the limit',
    payments: [{ idempotencyKey: 'old', at: 5, comes: 300, amount: LIMIT + 1 }],
    held: { old: 'amount' },
  },
];

const ONE_DECISION: readonly FraudCase[] = [
  {
    name: 'above the limit in a burst: one decision',
    payments: series('both', 11, 5).map((it, index) => ({ ...it, amount: index === 10 ? LIMIT + 1 : 100 })),
    held: { 'both-10': 'amount' },
  },
  {
    name: 'far away in a burst: one decision, of the first rule',
    payments: series('double', 11, 5).map((it, index) => ({ ...it, merchantCell: index === 10 ? PARIS : SAN_FRANCISCO })),
    held: { 'double-10': 'geo' },
  },
];

/** Keeps time going to the end, so that nothing is judged only because the stream ends. */
const TIME: FraudCase = { name: 'time goes on', payments: series('tick', 100, 10, { merchantId: 'm-t' }), held: {} };

/** Every rule with what it holds and what it lets through. */
export const CASES: readonly FraudCase[] = [...VELOCITY, ...AMOUNT, ...GEO, ...LATE, ...ONE_DECISION, TIME];
