import fc from 'fast-check';
import { readInputLines } from '../../../local/load/input-line';
import { InputOrder, type NextStep } from '../../../local/load/input-order';

const payment = (key: string, amount = 100) =>
  ({ idempotencyKey: key, merchantId: 'm', payerId: 'p', amount, currency: 'EUR', type: 'payment', method: { type: 'card_token', token: 't' } });
const refund = (key: string, refundOf: string, amount = 10) => ({ ...payment(key, amount), type: 'refund', refundOf });
const order = (...lines: object[]) => {
  const read = readInputLines(Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n')));
  return { lines: read, order: new InputOrder(read) };
};
const kindOf = (step: NextStep) => (step.kind === 'post' ? step.line.number : step.kind);
const id = (key: string) => `m\u0000${key}`;

describe('reading lines', () => {
  it('keeps the bytes of every line and starts none after the last line feed', () => {
    const lines = readInputLines(Buffer.from('{"a":1}\r\n\nnot json\n'));
    expect(lines.map(({ number, body }) => [number, body.toString()])).toEqual([[1, '{"a":1}\r'], [2, ''], [3, 'not json']]);
  });

  it('understands nothing of lines that cannot be acknowledged', () => {
    const lines = readInputLines(Buffer.from(['{}', 'null', '[1]', '{"merchantId":1}'].join('\n')));
    expect(lines.every((line) => line.payment === undefined && line.identity === undefined)).toBe(true);
  });
});

describe('the order of an input file', () => {
  it('posts unrelated lines at once', () => {
    const { order: it } = order(payment('a'), payment('b'), { junk: true });
    expect([it.step(), it.step(), it.step()].map(kindOf)).toEqual([1, 2, 3]);
  });

  it('holds a line, and those after it, while an earlier line with its key is unsettled', () => {
    const { order: it, lines } = order(payment('a'), payment('a', 5), payment('b'));
    expect(kindOf(it.step())).toBe(1);
    expect(kindOf(it.step())).toBe('wait');
    it.answered(lines[0], true);
    expect(kindOf(it.step())).toBe('wait');
    it.settled(id('a'));
    expect([it.step(), it.step()].map(kindOf)).toEqual([2, 3]);
  });

  it('lets a line go when the earlier one was refused', () => {
    const { order: it, lines } = order(payment('a', -1), payment('a'));
    it.step();
    it.answered(lines[0], false);
    expect(kindOf(it.step())).toBe(2);
  });

  it('holds a refund until its earlier payment has settled, and refunds of one payment after each other', () => {
    const { order: it, lines } = order(payment('a'), refund('r1', 'a'), refund('r2', 'a'));
    expect([it.step(), it.step()].map(kindOf)).toEqual([1, 'wait']);
    it.answered(lines[0], true);
    it.settled(id('a'));
    expect([it.step(), it.step()].map(kindOf)).toEqual([2, 'wait']);
    it.answered(lines[1], true);
    it.settled(id('r1'));
    expect(kindOf(it.step())).toBe(3);
  });

  it('sets a line aside that waits for an early refund, and goes on to the payment of that refund', () => {
    const { order: it, lines } = order(refund('r', 'a'), refund('r', 'a', 11), payment('a'));
    expect(kindOf(it.step())).toBe(1);
    expect(kindOf(it.step())).toBe('wait');
    it.answered(lines[0], true);
    expect(kindOf(it.step())).toBe(3);
    it.answered(lines[2], true);
    expect(kindOf(it.step())).toBe('wait');
    it.settled(id('a'));
    expect(kindOf(it.step())).toBe('wait');
    it.settled(id('r'));
    expect(kindOf(it.step())).toBe(2);
  });

  it('says when only refunds without a payment are left', () => {
    const { order: it, lines } = order(refund('r', 'nowhere'), refund('r', 'nowhere'), payment('b'));
    it.step();
    it.answered(lines[0], true);
    expect(kindOf(it.step())).toBe(3);
    it.answered(lines[2], true);
    expect(kindOf(it.step())).toBe('wait');
    it.settled(id('b'));
    expect(kindOf(it.step())).toBe('stuck');
    it.settled(id('r'));
    expect(kindOf(it.step())).toBe(2);
    it.answered(lines[1], true);
    expect(kindOf(it.step())).toBe('done');
  });

  it('decides without delay where many lines wait for each other', () => {
    const refunds = Array.from({ length: 60 }, (_, index) => refund(`r${index}`, 'a'));
    const chain = Array.from({ length: 60 }, (_, index) => refund(`c${index + 1}`, `c${index}`));
    const { order: it, lines } = order(...refunds, ...chain, payment('a'), ...[...refunds].reverse());
    const posted: number[] = [];
    for (let step = it.step(); step.kind !== 'done'; step = it.step()) {
      if (step.kind === 'post') {
        posted.push(step.line.number);
        it.answered(step.line, true);
      } else {
        // Asked again where every refund that was set aside still waits, one for the other.
        expect(kindOf(it.step())).toBe(step.kind);
        it.settled(it.unsettled().find((line) => line.refunds !== id('a') || posted.includes(121))!.identity!);
      }
    }
    expect(posted).toHaveLength(lines.length);
  });

  it('does not hang on refunds that refund each other', () => {
    const { order: it, lines } = order(refund('a', 'b'), refund('b', 'a'));
    it.step();
    it.answered(lines[0], true);
    it.step();
    expect(kindOf(it.step())).toBe('stuck');
  });

  it('ends for every file: each line is posted once, and equal keys are posted in file order', () => {
    const keys = fc.constantFrom('a', 'b', 'c', 'd');
    const line = fc.oneof(
      fc.record({ kind: fc.constant('payment' as const), key: keys }),
      fc.record({ kind: fc.constant('refund' as const), key: keys, of: keys }),
    );
    fc.assert(fc.property(fc.array(line, { maxLength: 30 }), fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (input, accepted) => {
      const { order: it, lines } = order(...input.map((entry) => (entry.kind === 'payment' ? payment(entry.key) : refund(entry.key, entry.of))));
      const posted: number[] = [];
      const rows = new Map<string, 'payment' | 'other'>();
      let giveUp = false;
      for (let turn = 0; turn < 1_000; turn++) {
        const step = it.step();
        if (step.kind === 'done') {
          break;
        }
        if (step.kind === 'post') {
          posted.push(step.line.number);
          it.answered(step.line, accepted[step.line.number - 1]);
          continue;
        }
        giveUp ||= step.kind === 'stuck';
        // The system settles what can settle: payments, and refunds whose payment is there or that are given up.
        for (const open of it.unsettled()) {
          const known = rows.has(open.identity!) || open.refunds === undefined || rows.has(open.refunds) || giveUp;
          if (known) {
            rows.set(open.identity!, rows.get(open.identity!) ?? (open.refunds === undefined ? 'payment' : 'other'));
            it.settled(open.identity!);
          }
        }
      }
      expect([...posted].sort((left, right) => left - right)).toEqual(lines.map((entry) => entry.number));
      for (const key of ['a', 'b', 'c', 'd']) {
        const ofKey = posted.filter((number) => lines[number - 1].identity === id(key));
        expect(ofKey).toEqual([...ofKey].sort((left, right) => left - right));
      }
    }));
  });
});
