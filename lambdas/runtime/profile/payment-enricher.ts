import type { Metrics } from '../observability/metrics';
import type { Payment, PaymentEnrichment } from '../payment/payment';
import { merchantKey, payerKey, type Profile, RULES_KEY } from './profile';
import type { ProfileReader } from './profile-reader';

/** Why the rules refuse a payment. */
export type RefusalRule = 'merchant_blocked' | 'payer_blocked' | 'category_blocked' | 'amount_above_limit';

/** A payment that the rules refuse. */
export interface Refusal {
  readonly rule: RefusalRule;
  /** Version of the rules that decided, where they have one. */
  readonly rulesVersion?: number;
}

/** What became of looking at a payment. */
export interface Judgement {
  /** @default - the payment may be taken in */
  readonly refusal?: Refusal;
  /** @default - nothing is known */
  readonly enrichment?: PaymentEnrichment;
}

export interface PaymentEnricherOptions {
  readonly profiles: Pick<ProfileReader, 'known' | 'load'>;
  /** Whether payers have profiles at all. Without them there is one reading less for each new payer. @default true */
  readonly payers?: boolean;
  readonly metrics: Metrics;
}

const NOTHING: Judgement = {};

/**
 * Adds to payments what is known of their two sides, and holds them against the rules.
 *
 * Payments must go on: what is not to be had in time is left out, and who has no profile is never refused. A refund is never refused either, as it
 * gives back what was taken.
 */
export class PaymentEnricher {
  private readonly profiles: Pick<ProfileReader, 'known' | 'load'>;
  private readonly payers: boolean;
  private readonly metrics: Metrics;

  public constructor({ profiles, payers = true, metrics }: PaymentEnricherOptions) {
    this.profiles = profiles;
    this.payers = payers;
    this.metrics = metrics;
  }

  /** Judges payments, in their order; without a promise when this process knows all that it takes. Never rejects. */
  public judge(payments: readonly Payment[]): readonly Judgement[] | Promise<readonly Judgement[]> {
    const unknown: string[] = [];
    const rules = this.lookUp(RULES_KEY, unknown);
    const sides = payments.map((payment) => this.sidesOf(payment, unknown));
    return unknown.length === 0 ? this.judgeAll(payments, sides, rules) : this.judgeLater(payments, sides, rules, unknown);
  }

  /** Looks up once more only what was not known before. */
  private async judgeLater(
    payments: readonly Payment[], sides: readonly Sides[], rules: Known, unknown: readonly string[],
  ): Promise<readonly Judgement[]> {
    await this.profiles.load(unknown);
    const found = payments.map((payment, index) => (isComplete(sides[index]) ? sides[index] : this.completed(payment, sides[index])));
    return this.judgeAll(payments, found, rules === undefined ? this.profiles.known(RULES_KEY) : rules);
  }

  private completed({ merchantId, payerId }: Payment, { merchant, payer }: Sides): Sides {
    return {
      merchant: merchant === undefined ? this.profiles.known(merchantKey(merchantId)) : merchant,
      payer: payer === undefined ? this.profiles.known(payerKey(payerId)) : payer,
    };
  }

  private sidesOf({ merchantId, payerId }: Payment, unknown: string[]): Sides {
    const merchant = this.lookUp(merchantKey(merchantId), unknown);
    return { merchant, payer: this.payers ? this.lookUp(payerKey(payerId), unknown) : null };
  }

  private lookUp(key: string, unknown: string[]): Known {
    const profile = this.profiles.known(key);
    if (profile === undefined) {
      unknown.push(key);
    }
    return profile;
  }

  private judgeAll(payments: readonly Payment[], sides: readonly Sides[], rules: Known): Judgement[] {
    let incomplete = 0;
    let refused = 0;
    const judgements = payments.map((payment, index) => {
      const { merchant, payer } = sides[index];
      incomplete += isComplete(sides[index]) ? 0 : 1;
      const judgement = judge(payment, merchant, payer, rules);
      refused += judgement.refusal === undefined ? 0 : 1;
      return judgement;
    });
    this.metrics.count('PaymentsNotEnriched', incomplete);
    this.metrics.count('PaymentsRefusedByRules', refused);
    return judgements;
  }
}

/** A profile, null for one that does not exist, undefined where nobody knows. */
type Known = Profile | null | undefined;

interface Sides {
  readonly merchant: Known;
  readonly payer: Known;
}

function isComplete({ merchant, payer }: Sides): boolean {
  return merchant !== undefined && payer !== undefined;
}

function judge(payment: Payment, merchant: Known, payer: Known, rules: Known): Judgement {
  const rule = payment.type === 'payment' ? brokenRule(payment, merchant, payer, rules) : undefined;
  if (rule !== undefined) {
    return { refusal: { rule, ...(rules?.version === undefined ? undefined : { rulesVersion: rules.version }) } };
  }
  const merchantCategory = merchant?.category;
  const merchantCell = merchant?.cell;
  const payerCell = payer?.cell;
  if (merchantCategory === undefined && merchantCell === undefined && payerCell === undefined) {
    return NOTHING;
  }
  return { enrichment: { merchantCategory, merchantCell, payerCell } };
}

function brokenRule(payment: Payment, merchant: Known, payer: Known, rules: Known): RefusalRule | undefined {
  if (merchant?.blocked) {
    return 'merchant_blocked';
  }
  if (payer?.blocked) {
    return 'payer_blocked';
  }
  if (merchant == null) {
    return undefined;
  }
  if (merchant.category !== undefined && rules?.blockedCategories?.includes(merchant.category)) {
    return 'category_blocked';
  }
  const maximumAmount = merchant.maximumAmount ?? rules?.maximumAmount;
  return maximumAmount !== undefined && payment.amount > maximumAmount ? 'amount_above_limit' : undefined;
}
