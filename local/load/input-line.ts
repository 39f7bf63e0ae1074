import { identity, type SentPayment } from './outcome';

/** One line of an input file, as it is posted and as far as it can be understood. */
export interface InputLine {
  /** From 1. */
  readonly number: number;
  /** Exactly the bytes of the file, without the line feed. */
  readonly body: Buffer;
  /** Undefined where the line is no payment that the API could acknowledge. */
  readonly payment?: SentPayment;
  /** (merchant, key) of the line. */
  readonly identity?: string;
  /** (merchant, key) of the payment that it refunds. */
  readonly refunds?: string;
}

/** Splits a file into lines. A line feed at the very end starts no further line. */
export function readInputLines(file: Buffer): InputLine[] {
  const lines: InputLine[] = [];
  for (let start = 0; start < file.length; ) {
    const feed = file.indexOf(10, start);
    const end = feed < 0 ? file.length : feed;
    lines.push(inputLine(lines.length + 1, file.subarray(start, end)));
    start = end + 1;
  }
  return lines;
}

function inputLine(number: number, body: Buffer): InputLine {
  const payment = readPayment(body);
  if (!payment) {
    return { number, body };
  }
  return {
    number,
    body,
    payment,
    identity: identity(payment.merchantId, payment.idempotencyKey),
    refunds: payment.type === 'refund' && payment.refundOf !== undefined ? identity(payment.merchantId, payment.refundOf) : undefined,
  };
}

/** Reads what an acknowledged line must say; whether the API should acknowledge it is the API's business. */
function readPayment(body: Buffer): SentPayment | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  if (value === null || typeof value !== 'object') {
    return undefined;
  }
  const { merchantId, idempotencyKey, payerId, amount, currency, type, refundOf, method } = value as Record<string, unknown>;
  const token = (method as { token?: unknown } | null | undefined)?.token;
  if (
    typeof merchantId !== 'string' || typeof idempotencyKey !== 'string' || typeof payerId !== 'string' ||
    typeof amount !== 'number' || typeof currency !== 'string' || (type !== 'payment' && type !== 'refund')
  ) {
    return undefined;
  }
  return {
    merchantId,
    idempotencyKey,
    payerId,
    amount,
    currency,
    type,
    ...(typeof refundOf === 'string' && { refundOf }),
    ...(typeof token === 'string' && { token }),
  };
}
