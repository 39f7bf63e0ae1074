import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parkedCommand } from '../../cli/parked';
import { createPaymentWorkerHandler } from '../../lambdas/payment-worker/handler';
import { DynamoDbLedger } from '../../lambdas/runtime/ledger/dynamodb-ledger';
import type { Ledger } from '../../lambdas/runtime/ledger/ledger';
import { DynamoDbParking } from '../../lambdas/runtime/parking/dynamodb-parking';
import type { ParkedEntry } from '../../lambdas/runtime/parking/parking';
import type { PaymentRecord } from '../../lambdas/runtime/payment/payment';
import { encodePaymentRecord } from '../../lambdas/runtime/payment/payment-codec';
import { systemClock } from '../../lambdas/runtime/retry/clock';
import { ShardDirectory } from '../../lambdas/runtime/sharding/shard-directory';
import { FakeRefundQueue } from '../lambdas/runtime/support/fake-ports';
import { payment, refund } from '../lambdas/runtime/support/payments';
import { RecordedMetrics, recordedLogger } from '../lambdas/runtime/support/silent';
import { Dynoxide } from '../support/dynoxide';
import { type Written, writtenBy } from '../support/written';

jest.setTimeout(30_000);

/** The command on a table engine, a stream that hands what is put to the payment worker, and that worker's ledger. */
describe('cht parked', () => {
  const before = { ...process.env };
  let engine: Dynoxide;
  let stream: Server;
  let tables: { parking: string; ledger: string };
  let parking: DynamoDbParking;
  let ledger: DynamoDbLedger;
  /** What the worker makes of a payment; the ledger itself when undefined. */
  let spoil: (record: PaymentRecord) => string | undefined;
  let puts: number;
  let serial = 0;

  beforeAll(async () => {
    engine = await Dynoxide.start();
    stream = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { Records: records } = JSON.parse(Buffer.concat(chunks).toString()) as { Records: { Data: string; PartitionKey: string }[] };
        void deliver(records).then((answers) => response.end(JSON.stringify({ FailedRecordCount: 0, Records: answers })));
      });
    });
    await new Promise<void>((resolve) => { stream.listen(0, '127.0.0.1', resolve); });
  });
  afterAll(async () => {
    process.env = before;
    await engine.stop();
    await new Promise((resolve) => { stream.close(resolve); });
  });
  beforeEach(async () => {
    serial++;
    tables = { parking: `parking-${serial}`, ledger: `ledger-${serial}` };
    await engine.createTables(tables.parking, tables.ledger);
    parking = new DynamoDbParking({ dynamodb: engine.client, table: tables.parking });
    ledger = new DynamoDbLedger({ dynamodb: engine.client, tables: [tables.ledger], directory: new ShardDirectory(1) });
    spoil = () => undefined;
    puts = 0;
    process.env = {
      ...before, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
      AWS_ENDPOINT_URL_KINESIS: `http://127.0.0.1:${(stream.address() as AddressInfo).port}`,
      PARKING_TABLE: tables.parking, LEDGER_TABLES: tables.ledger, LEDGER_BUCKETS: '{"default":1,"merchants":{}}',
      LEDGER_TTL_SECONDS: String(7 * 86_400), STREAM_NAME: 'payments',
    };
  });

  /** One record a call, each at a place of its own. */
  async function deliver(records: readonly { readonly Data: string; readonly PartitionKey: string }[]): Promise<object[]> {
    const guarded: Ledger = {
      applyPayments: async (payments, options) => Promise.all(payments.map(async (each) => {
        const reason = spoil(each);
        return reason === undefined ? (await ledger.applyPayments([each], options))[0] : { kind: 'impossible', reason };
      })),
      applyRefund: (each, options) => ledger.applyRefund(each, options),
      applyHolds: (holds, options) => ledger.applyHolds(holds, options),
      applyHoldEnd: (each, options) => ledger.applyHoldEnd(each, options),
      find: (merchantId, key) => ledger.find(merchantId, key),
    };
    const worker = createPaymentWorkerHandler({
      ledger: guarded, parking, refundQueue: new FakeRefundQueue(),
      metrics: new RecordedMetrics(), logger: recordedLogger().logger, clock: systemClock,
    });
    const answers: object[] = [];
    for (const { Data: data, PartitionKey: partitionKey } of records) {
      const sequenceNumber = String(1_000 + puts++);
      const record = { eventID: `shardId-000000000009:${sequenceNumber}`, kinesis: { data, partitionKey, sequenceNumber } };
      await worker({ Records: [record] } as never, { getRemainingTimeInMillis: () => 60_000 });
      answers.push({ SequenceNumber: sequenceNumber, ShardId: 'shardId-000000000009' });
    }
    return answers;
  }

  const now = Date.now();
  let place = 0;

  function park(record: PaymentRecord, others: Partial<ParkedEntry> = {}): Promise<void> {
    return parking.park({
      merchantId: record.merchantId, idempotencyKey: record.idempotencyKey, reason: 'it is too large', schema: 'payment.v1.Payment',
      payload: encodePaymentRecord(record), source: { shardId: 'shardId-000000000001', sequenceNumber: String(place++), index: 0 }, parkedAt: now,
      ...others,
    });
  }

  async function parkUnreadable(sequenceNumber: string): Promise<void> {
    await parking.park({
      reason: 'merchant_id is missing', schema: 'payment.v1.Payment', payload: Buffer.from('rubbish'),
      source: { shardId: 'shardId-000000000001', sequenceNumber, index: 3 }, parkedAt: now,
    });
  }

  const recent = (key: string, others: Partial<PaymentRecord> = {}): PaymentRecord => payment('m', key, { acceptedAt: now - 1_000, ...others });

  const run = (positionals: string[], values: Record<string, unknown> = {}): Promise<Written> => (
    writtenBy(() => parkedCommand.run({ positionals, values }))
  );

  const ofPayment = async (key: string): Promise<[string | undefined, boolean]> =>
    [(await ledger.find('m', key))?.status, (await parking.find('m', key)) !== undefined];

  describe('list', () => {
    it('shows what is parked within 80 columns, names as a shell takes them, and nothing that a terminal would obey', async () => {
      await park(recent('order 1\u001b[31m\u202e'), { reason: 'r'.repeat(200) });
      await park(recent('it\'s'));
      await parkUnreadable('49590338271490256608559692538361571095921575989136588890');
      const { code, output } = await run(['list']);
      expect(code).toBe(0);
      const lines = output.split('\n');
      expect(lines.every((line) => line.length <= 80)).toBe(true);
      expect(lines).toHaveLength(7);
      expect(output).toContain('m \'order 1\\u{1b}[31m\\u{202e}\'\n');
      expect(output).toContain('m \'it\'\\\'\'s\'\n');
      expect(output).toContain('shardId-000000000001:49590338271490256608559692538361571095921575989136588890:3\n');
      expect(output).toMatch(/^ {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}it is too large$/m);
      expect(output).toMatch(/^ {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}r{59}…$/m);
    });

    it('goes page by page without leaving out or repeating anything, parts of payloads excepted', async () => {
      await Promise.all(Array.from({ length: 23 }, (_, index) => park(recent(`k${index}`), { payload: randomBytes(index === 0 ? 800_000 : 10) })));
      await Promise.all(Array.from({ length: 4 }, (_, index) => parkUnreadable(String(index))));
      const seen: string[] = [];
      let after: string | null | undefined;
      let pages = 0;
      do {
        const { output } = await run(['list'], { limit: '5', json: true, ...(after && { after }) });
        const page = JSON.parse(output) as { entries: { idempotencyKey: string | null; place: string }[]; after: string | null };
        expect(page.entries.length).toBeLessThanOrEqual(5);
        seen.push(...page.entries.map((entry) => entry.idempotencyKey ?? entry.place));
        after = page.after;
        pages++;
      } while (after !== null);
      expect([pages, seen.length, new Set(seen).size]).toEqual([6, 27, 27]);
    });

    it('filters by merchant and by reason', async () => {
      await park(recent('a'));
      await park(recent('b'), { reason: 'Another reason' });
      await park(payment('n', 'c', { acceptedAt: now }));
      const keys = async (values: object): Promise<string[]> => {
        const { entries } = JSON.parse((await run(['list'], { json: true, ...values })).output) as { entries: { idempotencyKey: string }[] };
        return entries.map(({ idempotencyKey }) => idempotencyKey).sort();
      };
      expect(await keys({})).toEqual(['a', 'b', 'c']);
      expect(await keys({ merchant: 'm' })).toEqual(['a', 'b']);
      expect(await keys({ reason: 'ANOTHER' })).toEqual(['b']);
      expect(await keys({ merchant: 'm', reason: 'large' })).toEqual(['a']);
      expect((await run(['list'], { merchant: 'nobody' })).output).toBe('Nothing is parked that fits.\n');
    });
  });

  describe('show', () => {
    it('decodes the payment, and shows no token in full and no card number', async () => {
      await park(recent('k', { cardToken: 'tok_0123456789abcdef', payerId: '4111 1111 1111 1111' }));
      const { code, output } = await run(['show', 'm', 'k']);
      expect(code).toBe(0);
      expect(output).toMatch(/^key {8}k\nstatus {5}parked\nreason {5}it is too large\n/m);
      expect(output).toContain('amount     100 EUR, in minor units\n');
      expect(output).toContain('payer      ************1111\n');
      expect(output).toContain('token      …cdef\n');
      expect(output).toContain('ledger     does not hold it\n');
      const json = await run(['show', 'm', 'k'], { json: true });
      expect(JSON.parse(json.output)).toMatchObject({ status: 'parked', payment: { amount: 100, token: '…cdef', payerId: '************1111' }, ledger: null });
      expect(output + json.output).not.toMatch(/0123456789|4111/);
    });

    it('gives the payload as it came with --raw, also one cut into parts', async () => {
      const payload = randomBytes(900_000);
      await park(recent('k'), { payload });
      const { code, output } = await run(['show', 'm', 'k'], { raw: true });
      expect(code).toBe(0);
      expect(Buffer.from(output, 'base64').equals(payload)).toBe(true);
    });

    it('shows what names no payment, and what the ledger holds already', async () => {
      await parkUnreadable('7');
      expect((await run(['show', 'shardId-000000000001:7:3'])).output).toContain('payment    the payload cannot be read');
      await park(recent('k'));
      await ledger.applyPayments([recent('k')]);
      expect((await run(['show', 'm', 'k'])).output).toMatch(/ledger {5}applied since 20/);
      expect(await run(['show', 'm', 'none'])).toEqual({ code: 1, output: 'm none: no such entry is parked\n' });
    });
  });

  describe('retry', () => {
    it('puts a payment back and removes its entry once it is settled, whatever came of it', async () => {
      await ledger.applyPayments([recent('paid', { amount: 5 })]);
      await park(recent('k'));
      await park(refund('m', 'r', 'paid', { amount: 6, acceptedAt: now }));
      expect(await run(['retry', 'm', 'k'])).toEqual({ code: 0, output: expect.stringMatching(/^m k: applied since 20/) });
      expect(await ofPayment('k')).toEqual(['applied', false]);
      expect((await run(['retry', 'm', 'r'])).output).toMatch(/^m r: rejected \(exceeds_payment\) since/);
      expect(await ofPayment('r')).toEqual(['rejected', false]);
      expect(puts).toBe(2);
      expect(await run(['retry', 'm', 'k'])).toEqual({ code: 1, output: 'm k: not retried: no such entry is parked\n' });
    });

    it('says at once that it is parked again, and why; the next retry settles it', async () => {
      await park(recent('k'));
      spoil = () => 'still too large';
      expect(await run(['retry', 'm', 'k'])).toEqual({ code: 1, output: 'm k: parked again: still too large\n' });
      expect(await parking.find('m', 'k')).toMatchObject({ reason: 'still too large', source: { shardId: 'shardId-000000000009' } });
      spoil = () => undefined;
      expect((await run(['retry', 'm', 'k'])).code).toBe(0);
      expect(await ofPayment('k')).toEqual(['applied', false]);
    });

    it('keeps what does not settle in time, and finds it settled later without putting it back again', async () => {
      // A refund whose payment is not there waits in its queue.
      await park(refund('m', 'r', 'k', { acceptedAt: now }));
      const { code, output } = await run(['retry', 'm', 'r'], { wait: '1' });
      expect([code, output]).toEqual([1, expect.stringContaining('m r: in the stream, and not settled within 1 s: it stays parked.')]);
      expect((await run(['list'])).output).toContain('put back, it is too large');
      expect((await run(['discard', 'm', 'r'], { reason: 'x' })).output).toContain('it was put back into the stream and may still be applied');
      await ledger.applyPayments([recent('k')]);
      await ledger.applyRefund(refund('m', 'r', 'k', { acceptedAt: now }));
      expect((await run(['retry', 'm', 'r'])).code).toBe(0);
      expect([puts, await ofPayment('r')]).toEqual([1, ['applied', false]]);
    });

    it('removes all parts of a payload with its entry', async () => {
      const record = recent('k');
      // A field that this version does not know, as a newer producer may send it.
      const unknown = Buffer.alloc(700_000, 1);
      const payload = Buffer.concat([encodePaymentRecord(record), Buffer.from([0x9a, 0x06, 0xe0, 0xdc, 0x2a]), unknown]);
      await park(record, { payload });
      const count = async (): Promise<number> => (await engine.client.call<{ Count: number }>('Scan', { TableName: tables.parking })).Count;
      expect(await count()).toBe(2);
      expect((await run(['retry', 'm', 'k'])).output).toContain('applied');
      expect(await count()).toBe(0);
    });

    it('keeps a payment whose key was settled with other fields', async () => {
      await park(recent('k'));
      await ledger.applyPayments([recent('k', { amount: 1 })]);
      expect(await run(['retry', 'm', 'k'])).toEqual({ code: 1, output: expect.stringContaining('another payment with this key is applied') });
      expect(await ofPayment('k')).toEqual(['applied', true]);
      expect((await run(['discard', 'm', 'k'], { reason: 'x' })).code).toBe(0);
    });

    it('refuses what it could not settle or might apply twice', async () => {
      await parkUnreadable('7');
      await park(recent('rubbish'), { payload: Buffer.from('rubbish') });
      await park(recent('other'), { payload: encodePaymentRecord(recent('another')) });
      await park(recent('old', { acceptedAt: now - 6.5 * 86_400_000 }));
      for (const [name, message] of [
        [['shardId-000000000001:7:3'], 'have its producer send it anew'], [['m', 'rubbish'], 'its payload is no payment'],
        [['m', 'other'], 'its payload is no payment'], [['m', 'old'], 'a retry could apply it twice'],
      ] as const) {
        expect(await run(['retry', ...name])).toEqual({ code: 1, output: expect.stringContaining(message) });
      }
      expect(puts).toBe(0);
    });

    it('says so when the stream does not take it', async () => {
      await park(recent('k'));
      process.env.STREAM_NAME = 'payments';
      process.env.AWS_ENDPOINT_URL_KINESIS = 'http://127.0.0.1:1';
      expect(await run(['retry', 'm', 'k'])).toEqual({ code: 1, output: expect.stringContaining('m k: the stream may not have taken it, it stays parked') });
      expect(await ofPayment('k')).toEqual([undefined, true]);
    });

    it('retries everything that fits, and goes on while anything settles', async () => {
      await Promise.all(Array.from({ length: 70 }, (_, index) => park(recent(`k${index}`), index % 7 === 0 ? { reason: 'other' } : {})));
      await parkUnreadable('7');
      spoil = ({ idempotencyKey }) => (idempotencyKey.endsWith('3') ? 'still too large' : undefined);
      const { code, output } = await run(['retry'], { all: true, reason: 'too large' });
      expect([code, output.trim().split('\n').at(-1)]).toEqual([1, '54 of 60 settled.']);
      expect(await ofPayment('k1')).toEqual(['applied', false]);
      expect(await ofPayment('k3')).toEqual([undefined, true]);
      expect(await ofPayment('k7')).toEqual([undefined, true]);
      expect(await run(['retry'], { all: true, reason: 'other' })).toMatchObject({ output: expect.stringContaining('9 of 10 settled.') });
    });

    it('stops when nothing of a round settles', async () => {
      await Promise.all(Array.from({ length: 60 }, (_, index) => park(recent(`k${index}`))));
      spoil = () => 'still too large';
      const { code, output } = await run(['retry'], { all: true });
      expect([code, output.trim().split('\n').at(-1)]).toEqual([1, '0 of 50 settled; nothing of the last ones did, so 10 more were left alone.']);
      expect(puts).toBeLessThanOrEqual(50);
    });
  });

  describe('discard', () => {
    it('keeps a trace of who, when and why, and lists the entry no more', async () => {
      await park(recent('k'));
      expect(await run(['discard', 'm', 'k'], { reason: ' asked for by the payer ', by: 'ada' })).toMatchObject({ code: 0 });
      expect(await parking.find('m', 'k')).toMatchObject({ reason: 'it is too large', discard: { by: 'ada', reason: 'asked for by the payer' } });
      expect((await run(['list'])).output).toBe('Nothing is parked that fits.\n');
      expect((await run(['list'], { all: true })).output).toContain('discarded, it is too large');
      expect((await run(['show', 'm', 'k'])).output).toMatch(/status {5}discarded 20.* by ada: asked for by the payer\n/);
      expect(await run(['discard', 'm', 'k'], { reason: 'x', by: 'bob' })).toEqual({ code: 1, output: expect.stringContaining('ada did so at 20') });
      expect(await run(['retry', 'm', 'k'])).toEqual({ code: 1, output: expect.stringContaining('it was discarded') });
      expect((await run(['retry'], { all: true })).output).toBe('0 of 0 settled.\n');
      // What comes again from the stream changes nothing of that.
      await park(recent('k'), { reason: 'again' });
      expect((await parking.find('m', 'k'))?.discard?.by).toBe('ada');
    });

    it('discards what names no payment', async () => {
      await parkUnreadable('7');
      expect((await run(['discard', 'shardId-000000000001:7:3'], { reason: 'rubbish' })).code).toBe(0);
      expect((await run(['list'])).output).toBe('Nothing is parked that fits.\n');
    });

    it('refuses a payment that is settled, and one that is unknown', async () => {
      await park(recent('k'));
      await ledger.applyPayments([recent('k')]);
      expect(await run(['discard', 'm', 'k'], { reason: 'x' })).toEqual({ code: 1, output: expect.stringContaining('the ledger holds this payment') });
      expect(await run(['discard', 'm', 'none'], { reason: 'x' })).toEqual({ code: 1, output: 'm none: not discarded: no such entry is parked\n' });
    });

    it('takes also what was put back, where that is asked for', async () => {
      await park(refund('m', 'r', 'k', { acceptedAt: now }));
      await run(['retry', 'm', 'r'], { wait: '1' });
      expect((await run(['discard', 'm', 'r'], { 'reason': 'x', 'although-retried': true })).code).toBe(0);
      expect((await parking.find('m', 'r'))?.discard).toBeDefined();
    });
  });

  it.each([
    [[], {}, 'Say what to do: list, show, retry, discard.'], [['sell'], {}, 'got: sell.'], [['list', 'm'], {}, 'list takes no names'],
    [['list'], { limit: '0' }, '--limit must be between 1 and 10000, got: 0.'], [['list'], { after: 'x' }, '--after must be the mark'],
    [['show'], {}, 'Name the entry by MERCHANT KEY, or by its PLACE, got: nothing.'], [['show', 'm'], {}, 'got: m.'],
    [['retry', 'm', 'k'], { all: true }, 'either --all or a name'], [['retry', 'm', 'k'], { wait: '0' }, '--wait must be between 1 and 3600'],
    [['discard', 'm', 'k'], {}, 'discard needs --reason TEXT'], [['discard', 'm', 'k'], { reason: ' ' }, 'discard needs --reason TEXT'],
  ])('refuses %j %j before it asks anything', async (positionals, values, message) => {
    process.env.AWS_ENDPOINT_URL_DYNAMODB = 'http://127.0.0.1:1';
    await expect(run(positionals, values)).rejects.toThrow(message);
  });

  it('puts nothing back where it is not known for how long the ledger remembers', async () => {
    await park(payment('m', 'k'));
    delete process.env.LEDGER_TTL_SECONDS;
    await expect(run(['retry', 'm', 'k'])).rejects.toThrow('LEDGER_TTL_SECONDS must be set: set the variables of the payment worker, or use --run');
    expect(puts).toBe(0);
  });

  it('names what is missing, and who does not answer', async () => {
    process.env.AWS_ENDPOINT_URL_DYNAMODB = 'http://127.0.0.1:1';
    await expect(run(['list'])).rejects.toThrow(/ECONNREFUSED.*Nothing that was parked is lost; the command can be repeated\./);
    delete process.env.PARKING_TABLE;
    await expect(run(['list'])).rejects.toThrow('PARKING_TABLE must be set: set the variables of the payment worker, or use --run');
  });
});
