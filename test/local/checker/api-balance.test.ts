import { askForBalance } from '../../../local/checker/api-balance';

/** An API that gives these answers, one after the other. */
function answering(...answers: { status: number; body: string }[]) {
  const targets: string[] = [];
  return { targets, get: (target: string) => Promise.resolve((targets.push(target), answers.length > 1 ? answers.shift()! : answers[0])) };
}

const good = { status: 200, body: '{"available":9007199254740993,"held":7}' };
const none = { status: 0, body: '' };

describe('a balance that the API is asked for', () => {
  let slept: number[];
  const sleep = async (milliseconds: number): Promise<void> => void slept.push(milliseconds);
  const ask = (api: ReturnType<typeof answering>) => askForBalance(api as never, 'm/1', 'EUR', sleep);

  beforeEach(() => {
    slept = [];
  });

  it('is exact where a number of JavaScript is not', async () => {
    const api = answering(good);
    expect(await ask(api)).toEqual({ available: 9007199254740993n, held: 7n });
    expect(api.targets).toEqual(['/merchants/m%2F1/balance?currency=EUR']);
  });

  it('is asked for again while a task starts, or is busy', async () => {
    const api = answering(none, { status: 503, body: '' }, { status: 429, body: '' }, good);
    expect(await ask(api)).toEqual({ available: 9007199254740993n, held: 7n });
    expect(slept).toEqual([500, 500, 500]);
  });

  it('is given up after a while, with what the API said', async () => {
    await expect(ask(answering(none))).rejects.toThrow('the API answered 0 when asked for a balance');
    expect(slept).toHaveLength(9);
  });

  it('is not asked for again where the answer will not change', async () => {
    await expect(ask(answering({ status: 403, body: 'no' }))).rejects.toThrow('the API answered 403 when asked for a balance: no');
    expect(slept).toEqual([]);
  });
});
