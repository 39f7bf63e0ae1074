import type { Verdict } from '../../local/run/verdict';
import { plantedDefect } from './defects';
import { report } from './report';

const GOOD = { sent: 10, acked: 10, lost: 0, doubled: 0, outOfBalance: 0, drained: true } as Verdict;
const CORRECT = { title: 'the correct build', faults: {}, planted: undefined };

function run(exitCode: number, verdict?: Partial<Verdict>) {
  return { verdict: verdict && { ...GOOD, ...verdict }, exitCode, seconds: 1.25, output: 'the end of the output\n' };
}

describe('a trial of the checker', () => {
  test('fails without a verdict, and says what the run printed last', () => {
    const { passed, line } = report(CORRECT, run(137));
    expect(passed).toBe(false);
    expect(line).toMatch(/^FAILED .*: no verdict \(exit code 137\)\nthe end of the output\n$/);
  });

  test('passes when the correct build is not reported, and fails when it is', () => {
    expect(report(CORRECT, run(0, {}))).toMatchObject({ passed: true, line: expect.stringMatching(/^ok .*lost 0, doubled 0, out of balance 0 .*1\.3 s\n$/) });
    expect(report(CORRECT, run(1, { lost: 1 }))).toMatchObject({ passed: false, line: expect.stringContaining('the correct build was reported') });
  });

  test('fails when the load had nothing that could have shown the defect', () => {
    const trial = { title: 'keeps', faults: {}, planted: plantedDefect('release-keeps-held') };
    expect(report(trial, run(1, { outOfBalance: 1 })).line).toContain('nothing was released');
    expect(report(trial, run(1, { outOfBalance: 1, releases: 3 })).passed).toBe(true);
  });

  test('passes when a defect is reported in its own field only', () => {
    const trial = { title: 'doubles', faults: {}, planted: plantedDefect('duplicate-applied-again') };
    expect(report(trial, run(1, { doubled: 1 })).passed).toBe(true);
    expect(report(trial, run(1, { lost: 1 })).line).toContain('doubled is 0');
    expect(report(trial, run(0, { doubled: 1 })).passed).toBe(false);
  });
});
