import * as fs from 'node:fs';
import * as path from 'node:path';
import protobuf from 'protobufjs';
import type { PaymentRecord } from '../../../lambdas/runtime/payment/payment';
import { decodePaymentRecord, encodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';

/** The same record in, and the same record out. */
export interface PaymentCodec {
  encode(payment: PaymentRecord): Uint8Array;
  decode(bytes: Buffer): { readonly amount: number };
}

const PROTO = path.join(process.cwd(), 'lambdas/runtime/payment/v1/payment.proto');
const Message = protobuf.parse(fs.readFileSync(PROTO, 'utf8')).root.lookupType('payment.v1.Payment');

interface Decoded {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly payerId: string;
  readonly amount: { toNumber(): number };
  readonly currency: string;
  readonly type: number;
  readonly cardToken: string;
  readonly acceptedAt: { toNumber(): number };
}

export const PAYMENT_CODECS: Readonly<Record<string, PaymentCodec>> = {
  kit: { encode: encodePaymentRecord, decode: decodePaymentRecord },
  /**
   * Its compiled functions, which are those that it would also generate as static code, called the shortest way: without `fromObject`, `verify` and
   * `toObject`. It checks neither UTF-8 nor that a payment is complete, which the kit does.
   */
  protobufjs: {
    encode: ({ merchantId, idempotencyKey, payerId, amount, currency, type, cardToken, acceptedAt }) => Message.encode({
      merchantId, idempotencyKey, payerId, amount, currency, type: type === 'payment' ? 1 : 2, cardToken, acceptedAt,
    } as unknown as protobuf.Message).finish(),
    decode: (bytes) => {
      const message = Message.decode(bytes) as unknown as Decoded;
      const { merchantId, idempotencyKey, payerId, currency, cardToken } = message;
      return {
        merchantId, idempotencyKey, payerId, amount: message.amount.toNumber(), currency, type: message.type === 1 ? 'payment' : 'refund', cardToken,
        acceptedAt: message.acceptedAt.toNumber(),
      };
    },
  },
  /** What needs no schema. */
  plain: { encode: (payment) => Buffer.from(JSON.stringify(payment)), decode: (bytes) => JSON.parse(bytes.toString('utf8')) as PaymentRecord },
};
