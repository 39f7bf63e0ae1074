import type { Bill, BillLine, Case } from '../cost';
import { microUsd, product, usd } from '../cost/money';
import { focusService } from './focus-services';

export interface CostCsvOptions {
  /** Month that the bill is written for, in UTC: `2026-11`. A month of 730 hours is billed, whatever its length. */
  readonly month: string;
  /**
   * Which case the columns of cost and quantity hold. Low and high stand beside it.
   *
   * @default 'typical'
   */
  readonly band?: Case;
}

interface RowContext {
  readonly band: Case;
  readonly start: string;
  readonly end: string;
}

/** A value of a column; undefined is the NULL of FOCUS, an empty field. */
type Value = string | number | undefined;

/** Columns of FOCUS 1.2, in alphabetical order as it asks, then our own, which it wants to begin with `x_`. */
const COLUMNS: readonly (readonly [name: string, of: (line: BillLine, row: RowContext) => Value])[] = [
  ['BilledCost', (line, { band }) => line.usd[band]],
  ['BillingAccountId', () => undefined],
  ['BillingAccountName', () => undefined],
  ['BillingCurrency', () => 'USD'],
  ['BillingPeriodEnd', (_, { end }) => end],
  ['BillingPeriodStart', (_, { start }) => start],
  ['ChargeCategory', () => 'Usage'],
  ['ChargeClass', () => undefined],
  ['ChargeDescription', descriptionOf],
  ['ChargeFrequency', () => 'Usage-Based'],
  ['ChargePeriodEnd', (_, { end }) => end],
  ['ChargePeriodStart', (_, { start }) => start],
  ['CommitmentDiscountCategory', ({ commitment }) => (commitment === undefined ? undefined : isSavingsPlan(commitment) ? 'Spend' : 'Usage')],
  ['CommitmentDiscountId', ({ commitment }) => commitment],
  ['CommitmentDiscountName', ({ commitment }) => commitment],
  ['CommitmentDiscountStatus', ({ commitment }) => (commitment === undefined ? undefined : 'Used')],
  ['CommitmentDiscountType', ({ commitment }) => (commitment === undefined ? undefined : isSavingsPlan(commitment) ? 'Savings Plan' : 'Reserved')],
  ['ConsumedQuantity', ({ quantity }, { band }) => quantity[band]],
  ['ConsumedUnit', ({ unit }) => unit],
  ['ContractedCost', (line, { band }) => costAt(line, contractedUnitPrice(line), band)],
  ['ContractedUnitPrice', contractedUnitPrice],
  ['EffectiveCost', (line, { band }) => line.usd[band]],
  ['InvoiceIssuerName', () => 'Amazon Web Services, Inc.'],
  ['ListCost', (line, { band }) => costAt(line, line.listUnitPrice, band)],
  ['ListUnitPrice', ({ listUnitPrice }) => listUnitPrice],
  ['PricingCategory', pricingCategoryOf],
  ['PricingCurrency', () => 'USD'],
  ['PricingQuantity', ({ quantity }, { band }) => quantity[band]],
  ['PricingUnit', ({ unit }) => unit],
  ['ProviderName', () => 'AWS'],
  ['PublisherName', () => 'AWS'],
  ['RegionId', ({ region }) => region],
  ['RegionName', ({ region }) => region],
  ['ResourceId', ({ stack, logicalId }) => `${stack}/${logicalId}`],
  ['ResourceName', ({ resource }) => resource],
  ['ResourceType', ({ type }) => type],
  ['ServiceCategory', ({ type }) => focusService(type).category],
  ['ServiceName', ({ type }) => focusService(type).name],
  ['SkuId', ({ priceId }) => priceId],
  ['SkuMeter', ({ what }) => what],
  ['SkuPriceId', ({ priceId, priceRegion }) => `${priceId}@${priceRegion}`],
  ['Tags', ({ tags }) => JSON.stringify(Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))))],
  ['x_Band', (_, { band }) => band],
  ['x_CostHigh', (line) => line.usd.high],
  ['x_CostLow', (line) => line.usd.low],
  ['x_CostTypical', (line) => line.usd.typical],
  ['x_Kind', ({ kind }) => kind],
  ['x_PriceConfidence', ({ priceConfidence }) => priceConfidence],
  ['x_PriceDate', ({ priceAsOf }) => priceAsOf ?? undefined],
  ['x_Stack', ({ stack }) => stack],
  ['x_Stage', ({ stage }) => stage],
  ['x_Tier', ({ tier }) => tier],
  ['x_Why', ({ why }) => why],
];

/**
 * The lines of a bill as CSV (RFC 4180) in the columns of FOCUS 1.2, the FinOps Open Cost and Usage Specification (https://focus.finops.org): one
 * row a line, in the order of the bill. `ListCost` is at the published price, `ContractedCost` after a stated discount, `EffectiveCost` and
 * `BilledCost` after a commitment as well. An assembly names no billing account, so these columns are empty. What is unpriced has no cost and no row.
 *
 * @throws Error for a month that is none
 */
export function renderCostCsv(bill: Bill, options: CostCsvOptions): string {
  const row = { band: options.band ?? 'typical', ...periodOf(options.month) };
  const rows = [COLUMNS.map(([name]) => name), ...bill.lines.map((line) => COLUMNS.map(([, of]) => field(of(line, row))))];
  return rows.map((fields) => `${fields.join(',')}\r\n`).join('');
}

/** First moments of a month and of the next one, as FOCUS writes moments: ISO 8601 in UTC. */
function periodOf(month: string): { readonly start: string; readonly end: string } {
  const [, year, number] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month) ?? [];
  if (year === undefined) {
    throw new Error(`\`month\` must be a month such as 2026-11, got: ${month}`);
  }
  const moment = (months: number): string => new Date(Date.UTC(Number(year), Number(number) - 1 + months)).toISOString().replace('.000Z', 'Z');
  return { start: moment(0), end: moment(1) };
}

function field(value: Value): string {
  const text = typeof value === 'number' ? decimal(value) : value ?? '';
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A number of at least 0 without an exponent, which not every reader of CSV takes. */
function decimal(value: number): string {
  const [mantissa, exponent] = String(value).split('e');
  if (exponent === undefined) {
    return mantissa;
  }
  const [whole, fraction = ''] = mantissa.split('.');
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  return point <= 0 ? `0.${'0'.repeat(-point)}${digits}` : digits.padEnd(point, '0');
}

function contractedUnitPrice({ listUnitPrice, discount = 1 }: BillLine): number {
  return discount === 1 ? listUnitPrice : product(listUnitPrice, discount);
}

function costAt({ quantity }: BillLine, unitPrice: number, band: Case): number {
  return usd(microUsd(quantity[band], unitPrice));
}

function descriptionOf({ what, tier, type, priceId }: BillLine): string {
  return `${focusService(type).name}: ${what}${tier > 1 ? `, step ${tier} of the price` : ''} (${priceId})`;
}

/** `Dynamic` is what a provider may change at any time: Spot. */
function pricingCategoryOf({ commitment, priceId }: BillLine): string {
  return commitment !== undefined ? 'Committed' : /\bspot/i.test(priceId) ? 'Dynamic' : 'Standard';
}

function isSavingsPlan(commitment: string): boolean {
  return /savings plan/i.test(commitment);
}
