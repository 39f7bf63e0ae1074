import { SeededRandom } from '../../local/random/seeded-random';

/** A line with the answers that the contract allows. */
export interface ExpectedLine {
  readonly text: Buffer;
  readonly statuses: readonly number[];
  readonly why: string;
}

/** An input file and what has to come of it, worked out without any code of the kit. */
export interface InputFile {
  readonly lines: readonly ExpectedLine[];
  /** Balance by `merchant,currency`, zero ones left out. */
  readonly balances: ReadonlyMap<string, bigint>;
}

interface Body {
  idempotencyKey: string;
  merchantId: string;
  payerId: string;
  amount: number;
  currency: string;
  type: 'payment' | 'refund';
  refundOf?: string;
  method?: { type: 'card_token'; token: string };
}

interface Row {
  readonly body: Body;
  applied: boolean;
  refundable: bigint;
}

const MERCHANTS = ['shop', 'Bäckerei Süß', 'مقهى', '🍣 sushi', 'a,b"c', 'm#1', 'Ω', 'zz top'];
const CURRENCIES = ['EUR', 'USD', 'JPY', 'KWD'];

/**
 * Makes up an input file: payments, repetitions with the same and with another body, refunds (good, early, unknown, too large), and lines
 * that are wrong in every way that the contract names.
 */
export function makeInputFile(count: number, seed: number, hugeLines = 1): InputFile {
  const maker = new Maker(new SeededRandom(seed));
  for (let made = 0; made < count - hugeLines; made++) {
    maker.next();
  }
  for (let made = 0; made < hugeLines; made++) {
    maker.huge();
  }
  return maker.finish();
}

class Maker {
  private readonly lines: ExpectedLine[] = [];
  private readonly rows = new Map<string, Row>();
  /** Accepted bodies in order, for repetitions. */
  private readonly accepted: Body[] = [];
  /** Early refunds by the payment that has yet to come. */
  private readonly early = new Map<string, Body[]>();
  private readonly owed: Body[] = [];
  private nextKey = 1;

  constructor(private readonly random: SeededRandom) {}

  next(): void {
    if (this.owed.length > 0 && this.random.next() < 0.15) {
      // The payment that an early refund waits for.
      this.accept(this.owed.shift()!, 'the payment of an early refund');
      return;
    }
    const draw = this.random.next();
    if (draw < 0.58 || this.accepted.length < 10) {
      this.accept(this.payment(), 'a payment');
    } else if (draw < 0.68) {
      this.repeat();
    } else if (draw < 0.72) {
      this.conflict();
    } else if (draw < 0.82) {
      this.refund();
    } else if (draw < 0.84) {
      this.earlyRefund();
    } else if (draw < 0.845) {
      this.accept({ ...this.payment(), type: 'refund', refundOf: `nothing-${this.nextKey}` }, 'a refund of nothing');
    } else {
      this.wrong();
    }
  }

  huge(): void {
    const text = JSON.stringify({ ...this.payment(), payerId: 'x'.repeat(2 * 1024 * 1024) });
    this.add(text, [413], 'a line of 2 MB');
  }

  finish(): InputFile {
    this.owed.splice(0).forEach((body) => this.accept(body, 'the payment of an early refund'));
    const sums = new Map<string, bigint>();
    for (const { applied, body } of this.rows.values()) {
      if (applied) {
        const id = `${body.merchantId},${body.currency}`;
        sums.set(id, (sums.get(id) ?? 0n) + (body.type === 'payment' ? 1n : -1n) * BigInt(body.amount));
      }
    }
    return { lines: this.lines, balances: new Map([...sums].filter(([, sum]) => sum !== 0n)) };
  }

  private payment(): Body {
    const merchantId = this.pick(MERCHANTS);
    const amount = this.random.next() < 0.05 ? 1_000_000_000_000 - this.random.integer(0, 9) : this.random.integer(1, 50_000);
    return {
      idempotencyKey: `${this.random.next() < 0.1 ? '💶' : 'key'} ${(this.nextKey++).toString(36)}x`,
      merchantId,
      payerId: `payer-${this.random.integer(1, 99)}`,
      amount,
      currency: this.pick(CURRENCIES),
      type: 'payment',
      method: { type: 'card_token', token: `tok_${this.random.integer(1, 9_999)}` },
    };
  }

  private repeat(): void {
    this.accept(this.pick(this.accepted), 'a repetition');
  }

  private conflict(): void {
    const body = this.pick(this.accepted);
    this.accept({ ...body, amount: body.amount === 1 ? 2 : body.amount - 1 }, 'a repetition with another amount');
  }

  private refund(): void {
    const paid = this.pick([...this.accepted].filter(({ type }) => type === 'payment'));
    const amount = this.random.next() < 0.2 ? Math.min(paid.amount + 1, 1_000_000_000_000) : this.random.integer(1, paid.amount);
    const { method, ...body } = { ...this.payment(), merchantId: paid.merchantId, currency: paid.currency, amount };
    const isOther = this.random.next() < 0.05;
    this.accept(
      {
        ...body,
        ...(this.random.next() < 0.5 && { method }),
        currency: isOther ? CURRENCIES[(CURRENCIES.indexOf(paid.currency) + 1) % CURRENCIES.length] : paid.currency,
        type: 'refund',
        refundOf: paid.idempotencyKey,
      },
      'a refund',
    );
  }

  private earlyRefund(): void {
    const later = this.payment();
    this.owed.push(later);
    this.accept({ ...this.payment(), merchantId: later.merchantId, currency: later.currency, amount: 1, type: 'refund', refundOf: later.idempotencyKey }, 'an early refund');
  }

  private wrong(): void {
    const body = this.payment();
    const text = JSON.stringify(body);
    const withMember = (name: string, json: string) => text.replace(new RegExp(`"${name}":("[^"]*"|[0-9]+)`), `"${name}":${json}`);
    const card = this.pick(['4111111111111111', '4111 1111 1111 1111', '5500-0000-0000-0004', '340000000000009']);
    const [line, status, why] = this.pick<[string | Buffer, number, string]>([
      [withMember('amount', '0'), 400, 'zero'],
      [withMember('amount', '-5'), 400, 'a negative amount'],
      [withMember('amount', '1000000000001'), 400, 'a huge amount'],
      [withMember('amount', '12.5'), 400, 'a fractional amount'],
      [withMember('amount', '999999999999.9999999999'), 400, 'an amount that only looks whole'],
      [withMember('amount', '"12"'), 400, 'an amount as text'],
      [withMember('amount', '1e400'), 400, 'an amount beyond any number'],
      [withMember('currency', '"XQQ"'), 400, 'an unknown currency'],
      [withMember('currency', '"eur"'), 400, 'a currency in small letters'],
      [withMember('merchantId', '""'), 400, 'an empty id'],
      [withMember('merchantId', '"a\\u0000b"'), 400, 'a NUL'],
      [withMember('merchantId', '"\\ud800"'), 400, 'half a surrogate pair'],
      [withMember('payerId', `"${'é'.repeat(65)}"`), 400, 'an id of 65 characters'],
      [withMember('type', '"transfer"'), 400, 'an unknown type'],
      [withMember('payerId', `"${card}"`), 422, 'a card number'],
      [withMember('token', `"ref ${card} end"`), 422, 'a card number as token'],
      [withMember('idempotencyKey', `"${card}"`), 422, 'a card number as key'],
      [text.replace('{', '{"note":"x",'), 400, 'an unknown member'],
      [text.replace('{', '{"amount":5,'), 400, 'a member twice'],
      [text.replace(/"payerId":"[^"]*",/, ''), 400, 'a member left out'],
      [text.replace('"type":"payment"', '"type":"payment","refundOf":"x"'), 400, 'a payment that refunds'],
      [text.replace('"type":"payment"', '"type":"refund"'), 400, 'a refund of nothing named'],
      [text.slice(0, -1), 400, 'half a line'],
      [`${text}]`, 400, 'too much of a line'],
      ['', 400, 'an empty line'],
      ['[]', 400, 'a list'],
      [Buffer.concat([Buffer.from(text.slice(0, 20)), Buffer.from([0xff, 0xfe]), Buffer.from(text.slice(20))]), 400, 'bytes that are no UTF-8'],
      [`${text.slice(0, -1)},"method":null}`, 400, 'a method twice'],
    ]);
    this.add(line, [status], why);
  }

  /** A valid line, and its place in the model: the first of a key wins, early refunds wait for their payment. */
  private accept(body: Body, why: string): void {
    const id = `${body.merchantId}\u0000${body.idempotencyKey}`;
    const known = this.rows.get(id);
    const isConflict = known !== undefined && JSON.stringify(known.body) !== JSON.stringify(body);
    this.add(this.spelled(body), isConflict ? [202, 409] : [202], why);
    this.accepted.push(known ? known.body : body);
    if (known) {
      return;
    }
    const row: Row = { body, applied: body.type === 'payment', refundable: body.type === 'payment' ? BigInt(body.amount) : 0n };
    this.rows.set(id, row);
    if (body.type === 'refund') {
      const paidId = `${body.merchantId}\u0000${body.refundOf}`;
      const paid = this.rows.get(paidId);
      if (paid) {
        take(paid, row);
      } else {
        this.early.set(paidId, [...(this.early.get(paidId) ?? []), body]);
      }
      return;
    }
    for (const waiting of this.early.get(id) ?? []) {
      take(row, this.rows.get(`${waiting.merchantId}\u0000${waiting.idempotencyKey}`)!);
    }
  }

  /** The same payment in another spelling of JSON. */
  private spelled(body: Body): string {
    const text = JSON.stringify(body);
    const amount = `"amount":${body.amount}`;
    switch (this.random.integer(0, 9)) {
      case 0:
        return text.replace(amount, `${amount}.0`);
      case 1:
        return body.amount % 1000 === 0 ? text.replace(amount, `"amount":${body.amount / 1000}e3`) : text;
      case 2:
        return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
      case 3:
        return ` ${text.replaceAll('":', '" : ')}\r`;
      default:
        return text;
    }
  }

  private add(text: string | Buffer, statuses: readonly number[], why: string): void {
    this.lines.push({ text: Buffer.from(text as string), statuses, why });
  }

  private pick<Item>(items: readonly Item[]): Item {
    return items[this.random.integer(0, items.length - 1)];
  }
}

function take(paid: Row, refund: Row): void {
  const amount = BigInt(refund.body.amount);
  if (paid.applied && paid.body.type === 'payment' && paid.body.currency === refund.body.currency && paid.refundable >= amount) {
    paid.refundable -= amount;
    refund.applied = true;
  }
}
