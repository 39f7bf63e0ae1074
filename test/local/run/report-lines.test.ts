import { progressLine, streamConsole, wrapped } from '../../../local/run/report-lines';

const latency = (p99: number) => ({ p50: 1, p95: 2, p99, p999: p99 });
const progress = {
  sent: 864_000, acked: 864_000, refused: 0, unanswered: 0, late: 0, acknowledgedKeys: 860_000, settledKeys: 860_000, ledgerEffects: 860_000,
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
    const lines = wrapped('word '.repeat(40).trim()).split('\n');
    expect(lines.every((line) => line.length <= 100)).toBe(true);
    expect(lines.join(' ').replace(/ +/g, ' ')).toBe('word '.repeat(40).trim());
  });
});
