import fc from 'fast-check';
import type { Outcome } from '../../../local/load/outcome';
import { OutcomeReceiver, OutcomeSender } from '../../../local/load/outcome-channel';
import { OutcomeLine, readOutcomes } from '../../../local/load/outcome-lines';

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constantFrom('', 'payment', 'payout', '\n', 'null', 'a"b\\'));
const optional = fc.option(text, { nil: undefined });
const amount = fc.oneof(fc.integer({ min: 1 }), fc.double({ noNaN: true, noDefaultInfinity: true }).map((it) => it + 0));
const common = { merchantId: text, idempotencyKey: text, amount, currency: text };
const rest = { status: fc.constantFrom(202, 0, 422, 503), scheduledAt: fc.nat(), answeredAt: fc.nat(), late: fc.boolean() };
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({ payment: fc.record({ ...common, payerId: text, type: fc.constantFrom('payment', 'refund'), refundOf: optional, token: optional }), ...rest }),
  fc.record({ movement: fc.record({ ...common, type: fc.constantFrom('hold', 'release', 'settle'), holdOf: optional, reason: optional }), ...rest }),
  fc.record({ payout: fc.record(common), ...rest }),
  fc.record(rest),
) as fc.Arbitrary<Outcome>;

describe('lines of outcomes', () => {
  it('hold whatever was put into them, in its order, and no line feed', () => {
    fc.assert(fc.property(fc.array(outcome), (outcomes) => {
      const line = new OutcomeLine();
      outcomes.forEach((it) => line.add(it));
      expect(line.isEmpty).toBe(outcomes.length === 0);
      const written = line.take();
      expect(written).not.toContain('\n');
      // -0 is 0 in JSON, and in money.
      expect(readOutcomes(written)).toEqual(outcomes.map((it) => JSON.parse(JSON.stringify(it)) as Outcome));
      expect(line.isEmpty).toBe(true);
    }), { numRuns: 300 });
  });
});

describe('the outcome channel', () => {
  let receiver: OutcomeReceiver;
  let sender: OutcomeSender;
  let received: Outcome[];
  let settled: (readonly string[])[];
  const sent: Outcome = { payout: { merchantId: 'm', idempotencyKey: 'k\n', amount: 1, currency: 'EUR' }, status: 202, scheduledAt: 1, answeredAt: 2, late: false };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  beforeEach(async () => {
    received = [];
    settled = [];
    receiver = await OutcomeReceiver.listen((outcomes) => received.push(...outcomes));
    sender = await OutcomeSender.connect(receiver.port, (identities) => settled.push(identities));
  });
  afterEach(async () => {
    await sender.close();
    receiver.close();
  });

  it('carries outcomes when told, or a moment later', async () => {
    sender.send(sent);
    sender.flush();
    await until(() => received.length === 1);
    sender.send(sent);
    await until(() => received.length === 2);
    expect(received).toEqual([sent, sent]);
  });

  it('tells of settled payments those who wait, in one line what comes at once, and nobody else', async () => {
    receiver.settled(['before']);
    sender.setWaiting(true);
    sender.send(sent);
    sender.flush();
    await until(() => received.length === 1);
    receiver.settled(['a', 'b']);
    receiver.settled(['c\u0000d']);
    await until(() => settled.length === 1);
    expect(settled).toEqual([['a', 'b', 'c\u0000d']]);
    sender.setWaiting(false);
    sender.send(sent);
    sender.flush();
    await until(() => received.length === 2);
    receiver.settled(['after']);
    sender.setWaiting(true);
    sender.send(sent);
    sender.flush();
    await until(() => received.length === 3);
    receiver.settled(['last']);
    await until(() => settled.length === 2);
    expect(settled[1]).toEqual(['last']);
  });
});
