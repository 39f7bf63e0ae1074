import { Bank } from '../../../local/services/bank';
import { KeyReusedError } from '../../../local/services/bank/bank';

const request = (key: string) => ({ merchantId: 'm', key, amount: 5, currency: 'EUR' });
const keys = Array.from({ length: 2_000 }, (_, index) => `k${index}`);

describe('the pretend bank', () => {
  it('decides about a key once, and says so to whoever asks again', () => {
    const bank = new Bank({ refused: 0.5, lostAnswers: 0, lostRequests: 0, slow: 0 });
    const first = keys.map((key) => bank.transfer(key, request(key)));
    const second = keys.map((key) => bank.transfer(key, request(key)));
    first.forEach((answer, index) => {
      expect(second[index]).toMatchObject({ transfer: { status: (answer as { transfer: { status: string } }).transfer.status, requests: 2 } });
    });
    expect(bank.transfers).toHaveLength(keys.length);
    expect(() => bank.transfer('k1', { ...request('k1'), amount: 6 })).toThrow(KeyReusedError);
  });

  it('behaves by the hash of a key: each share about as large as asked for, and the same every time', () => {
    const behaviour = { refused: 0.1, lostAnswers: 0.05, lostRequests: 0.05, slow: 0.03 };
    const bank = new Bank(behaviour);
    const first = keys.map((key) => bank.transfer(key, request(key)));
    const again = new Bank(behaviour);
    expect(keys.map((key) => again.transfer(key, request(key)))).toEqual(first);
    const share = (count: number) => count / keys.length;
    expect(share(first.filter(({ kind }) => kind === 'lost').length)).toBeCloseTo(0.0975, 1);
    expect(share(bank.transfers.filter(({ status }) => status === 'refused').length)).toBeCloseTo(0.1, 1);
    // What it heard and did not answer is in its book, what it did not hear is not.
    const unheard = keys.filter((key) => bank.find(key) === undefined);
    expect(share(unheard.length)).toBeCloseTo(0.05, 1);
    unheard.forEach((key) => bank.transfer(key, request(key)));
    expect(keys.every((key) => bank.find(key) !== undefined)).toBe(true);
  });
});
