import { serveRounds } from '../../harness/measured-process';
import { encodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import { newPayments, packs } from '../payments';
import { AGGREGATE_CODECS } from './aggregate-codecs';
import { PAYMENT_CODECS } from './payment-codecs';

/** What a side of a codec's comparison is told. */
export interface CodecSideArgument {
  readonly format: 'protobuf' | 'aggregate';
  /** `kit`, `plain` or the peer: a member of the table of codecs. */
  readonly codec: string;
  readonly direction: 'encode' | 'decode';
}

/** Different payments: enough to be no single one, few enough to stay in memory. Each round takes them again and again. */
const PAYMENTS = 8_000;

const { format, codec, direction } = JSON.parse(process.argv[2]) as CodecSideArgument;

serveRounds((items) => Math.ceil(items / PAYMENTS), async (times) => {
  for (let time = 0; time < times; time++) {
    work();
  }
});

/** Where results go, so that no compiler leaves out what nobody reads. */
export let sink = 0;

const payments = newPayments(PAYMENTS);
const work = format === 'protobuf' ? paymentWork() : aggregateWork();

function paymentWork(): () => void {
  const { encode, decode } = PAYMENT_CODECS[codec];
  const encoded = payments.map((payment) => Buffer.from(encode(payment)));
  return direction === 'encode'
    ? () => payments.forEach((payment) => { sink += encode(payment).length; })
    : () => encoded.forEach((bytes) => { sink += decode(bytes).amount; });
}

function aggregateWork(): () => void {
  const { encode, decode } = AGGREGATE_CODECS[codec];
  const groups = packs(payments).map((group) => group.map((payment) => Buffer.from(encodePaymentRecord(payment))));
  const encoded = groups.map((group) => Buffer.from(encode(group)).toString('base64'));
  return direction === 'encode'
    ? () => groups.forEach((group) => { sink += encode(group).length; })
    : () => encoded.forEach((base64) => { sink += decode(base64); });
}
