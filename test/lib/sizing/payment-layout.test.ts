import { Size } from 'aws-cdk-lib';
import type { AwsCaller } from '../../../lambdas/runtime/aws/json-client';
import { AggregateBuilder } from '../../../lambdas/runtime/aggregate/kpl-aggregate';
import { DynamoDbLedger } from '../../../lambdas/runtime/ledger/dynamodb-ledger';
import type { PaymentRecord } from '../../../lambdas/runtime/payment/payment';
import { encodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import { EvenPartitionKeys } from '../../../lambdas/runtime/producer/even-partition-keys';
import { ShardDirectory } from '../../../lambdas/runtime/sharding/shard-directory';
import { Facts } from '../../../lib/facts';
import { AGGREGATE_FRAME_BYTES, aggregateOverheadBytes, PARTITION_KEY_BYTES, paymentLayout, recordBytes } from '../../../lib/sizing/payment-layout';
import { PayloadSize } from '../../../lib/workload';

/** A payment with texts of the typical lengths that the facts state, or longer. */
function payment(more = 0): PaymentRecord {
  const text = (fact: string): string => 'x'.repeat(Facts.DEFAULT.number(`target/payment.${fact}`) + more);
  return {
    merchantId: text('merchantIdBytes'),
    idempotencyKey: text('idempotencyKeyBytes'),
    payerId: text('payerIdBytes'),
    cardToken: text('cardTokenBytes'),
    amount: 99_999,
    currency: 'EUR',
    type: 'payment',
    acceptedAt: 1_795_000_000_000,
  };
}

function json({ idempotencyKey, merchantId, payerId, amount, currency, type, cardToken }: PaymentRecord): string {
  return JSON.stringify({ idempotencyKey, merchantId, payerId, amount, currency, type, method: { type: 'card_token', token: cardToken } });
}

const layout = paymentLayout(Facts.DEFAULT);

describe('the layout of a payment', () => {
  it('is that of the codec, to the byte', () => {
    expect(layout.typicalPayloadBytes).toBe(json(payment()).length);
    expect(layout.typicalRecordBytes).toBe(encodePaymentRecord(payment()).length);
    expect(layout.typicalRecordBytes).toBeGreaterThanOrEqual(100);
    expect(layout.typicalRecordBytes).toBeLessThanOrEqual(140);
  });

  it('follows the payload byte for byte when texts are longer', () => {
    const longer = payment(20);
    const size = new PayloadSize({ mean: Size.bytes(json(longer).length) });
    expect(recordBytes(size, layout)).toBe(encodePaymentRecord(longer).length);
  });

  it('takes a payload that is smaller than a typical one for a typical record, but never for more than itself', () => {
    expect(recordBytes(new PayloadSize({ mean: Size.bytes(200) }), layout)).toBe(layout.typicalRecordBytes);
    expect(recordBytes(new PayloadSize({ mean: Size.bytes(50) }), layout)).toBe(50);
  });

  it.each([0, 20])('is that of a packed record, to the byte (texts %d characters longer)', (more) => {
    const key = new EvenPartitionKeys(() => 0).next();
    expect(key).toHaveLength(PARTITION_KEY_BYTES);
    const data = encodePaymentRecord(payment(more));
    const builder = new AggregateBuilder(25_000);
    for (let index = 0; index < 10; index++) {
      expect(builder.tryAdd(key, data)).toBe(true);
    }
    expect(builder.build()).toHaveLength(AGGREGATE_FRAME_BYTES + 10 * (data.length + aggregateOverheadBytes(data.length)));
  });

  it('knows the shortest record', () => {
    const shortest: PaymentRecord = { ...payment(), merchantId: 'm', idempotencyKey: 'k', payerId: 'p', cardToken: 't', amount: 9 };
    expect(encodePaymentRecord(shortest)).toHaveLength(layout.shortestRecordBytes);
  });

  it('is at least that of a ledger row, by at most 12 bytes', async () => {
    const bytes = await storedBytes(payment());
    expect(layout.typicalItemBytes).toBeGreaterThanOrEqual(bytes);
    expect(layout.typicalItemBytes).toBeLessThanOrEqual(bytes + 12);
  });
});

/** Input of `BatchExecuteStatement`. */
interface Statements {
  readonly Statements: readonly { readonly Statement: string; readonly Parameters: readonly { readonly S?: string; readonly N?: string }[] }[];
}

/** Size of the row that the ledger stores, by the rules that DynamoDB publishes: names and texts in UTF-8, about two digits of a number a byte. */
async function storedBytes(record: PaymentRecord): Promise<number> {
  let bytes = 0;
  const dynamodb: AwsCaller = {
    call: async <Output>(_operation: string, input: object): Promise<Output> => {
      for (const { Statement: statement, Parameters: parameters } of (input as Statements).Statements) {
        bytes += [...statement.matchAll(/'(\w+)':/g)].reduce((sum, [, name]) => sum + name.length, 0);
        bytes += parameters.reduce((sum, { S: text, N: number }) => sum + (text?.length ?? Math.ceil(number!.replace(/0+$/, '').length / 2) + 1), 0);
      }
      return { Responses: [{}] } as Output;
    },
  };
  await new DynamoDbLedger({ dynamodb, tables: ['ledger'], directory: new ShardDirectory(100) }).applyPayments([record]);
  return bytes;
}
