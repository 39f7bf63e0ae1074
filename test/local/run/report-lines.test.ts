import { FAULTS } from '../../../local/faults';
import { progressLine, streamConsole, wrapped } from '../../../local/run/report-lines';
import { isClean, renderVerdict, shortcomings, type Verdict } from '../../../local/run/verdict';

const latency = (p99: number) => ({ p50: 1, p95: 2, p99, p999: p99 });
const PAYOUTS = {
  sent: 1_234_567, acked: 1_234_567, refused: 0, unanswered: 0, settled: 1_234_567, released: 0, rejected: 0, duplicates: 0, lost: 0,
};
const progress = {
  sent: 864_000, acked: 864_000, refused: 0, unanswered: 0, late: 0, acknowledgedKeys: 860_000, settledKeys: 860_000, openPayouts: 0,
  ledgerEffects: 860_000,
  acceptMs: latency(1_234), settleMs: latency(12_345),
};

describe('what a run prints', () => {
  it('shows where it stands, in a terminal of 80 columns', () => {
    const line = progressLine('load', progress, 12.34);
    expect(line).toBe('  load  sent 864,000  settled 860,000  p99 1234/12345 ms  balance lag 12.3 s');
    expect(line.length).toBeLessThan(80);
  });

  it('writes over the last line on a terminal, and keeps lines that are to stay', () => {
    let text = '';
    const console = streamConsole({ isTTY: true, columns: 20, write: (chunk: string) => (text += chunk) } as unknown as NodeJS.WriteStream);
    console.status('one that is too long for it');
    console.status('two');
    console.line('stays');
    console.line('too');
    expect(text).toBe('\r\u001b[Kone that is too lon\r\u001b[Ktwo\r\u001b[Kstays\ntoo\n');
  });

  it('uses no cursor control in a log, and does not fill it', () => {
    let text = '';
    const console = streamConsole({ isTTY: false, write: (chunk: string) => (text += chunk) } as unknown as NodeJS.WriteStream);
    console.status('one');
    console.status('two');
    console.line('stays');
    expect(text).toBe('one\nstays\n');
  });

  it('breaks paragraphs between words', () => {
    const paragraph = 'word '.repeat(40).trim();
    const lines = wrapped(paragraph, '  name      ', '            ').split('\n');
    expect(lines.every((line) => line.length < 80)).toBe(true);
    expect(lines[0]).toMatch(/^ {2}name {6}word/);
    expect(lines.slice(1).every((line) => /^ {12}word/.test(line))).toBe(true);
    expect(lines.join(' ').replace('name', '').replace(/ +/g, ' ').trim()).toBe(paragraph);
  });

  it('prints a verdict that fits a terminal of 80 columns, with large numbers and every fault', () => {
    const verdict = largeVerdict({ lost: 0, doubled: 0, outOfBalance: 0 });
    const text = renderVerdict(verdict, ['lost: '.padEnd(300, 'merchant-001 / key ')]);
    expect(text.split('\n').filter((line) => line.length > 79)).toEqual([]);
    expect(text).toContain('  lost 0   doubled 0   out of balance 0   OK');
  });

  it('prints holds and payouts where there are some', () => {
    const text = renderVerdict(largeVerdict({ holds: 1_234_567, releases: 1_234_567, payouts: PAYOUTS }), []);
    expect(text.split('\n').filter((line) => line.length > 79)).toEqual([]);
    expect(text).toContain('  holds         applied 1,234,567, releases applied 1,234,567\n');
    expect(text.replace(/\s+/g, ' ')).toContain('payouts sent 1,234,567, acked 1,234,567 = settled 1,234,567 + released 0 + rejected 0 + duplicates 0 + lost 0');
    expect(renderVerdict(largeVerdict({}), [])).not.toMatch(/^ {2}(holds|payouts)/m);
  });

  it.each([
    [{ lost: 1 }, 'lost, doubled or out of balance'],
    [{ acked: 0 }, 'nothing was acknowledged'],
    [{ drained: false }, 'did not drain'],
    [{ payouts: { ...PAYOUTS, lost: 1 } }, 'payouts were acknowledged and have no end'],
    [{ unreadablePut: 3, parkedUnreadable: 2 }, '3 records of random bytes were put into streams, and 2 are parked'],
    [{ faults: { 'kill-worker': 4, 'reshard': 0 } }, '--reshard-every'],
  ] as const)('says why a verdict is not clean: %j', (change, reason) => {
    const verdict = largeVerdict(change);
    expect(isClean(verdict)).toBe(false);
    expect(shortcomings(verdict)).toEqual([expect.stringContaining(reason)]);
    expect(renderVerdict(verdict, [])).toContain('FAILED');
  });
});

function largeVerdict(change: Partial<Verdict>): Verdict {
  const million = 1_234_567;
  return {
    sent: million, acked: million, refused: million, unanswered: million, late: million, applied: million, duplicates: million,
    rejected: million, parked: million, lost: 0, doubled: 0, outOfBalance: 0, redelivered: million, throttled: million, kills: million,
    killMoments: { inside: million, afterEffects: million },
    parkedUnreadable: 60, unreadablePut: 60,
    faults: Object.fromEntries(FAULTS.map(({ name }) => [name, million])), drained: true, handlerErrors: million, paymentsPerSecond: 1_234.5,
    acceptMs: latency(12_345), settleMs: latency(123_456), seed: 0x7fffffff, templateHash: 'a'.repeat(64),
    engine: { 'table': 'dynoxide 1.2.1', 'queues and objects': 'fauxqs 1.9.2', 'stream': 'in-memory Kinesis of this kit' },
    ...change,
  };
}
