import { Progress } from '../../cli/progress';

describe('Progress', () => {
  function shown(isTTY: boolean): { progress: Progress; wait: (milliseconds: number) => void; output: () => string } {
    let output = '';
    let time = 0;
    const stream = { isTTY, columns: 12, write: (text: string) => { output += text; return true; } } as unknown as NodeJS.WriteStream;
    return { progress: new Progress(stream, () => time), wait: (milliseconds) => { time += milliseconds; }, output: () => output };
  }

  it('changes one line of a terminal, no wider than it, and takes it away', () => {
    const { progress, wait, output } = shown(true);
    progress.show('at once');
    wait(300);
    progress.show('1 of 1,000,000 manifests');
    wait(10);
    progress.show('too soon');
    progress.end();
    progress.end();
    expect(output()).toBe('\r\u001b[K1 of 1,000,\r\u001b[K');
  });

  it('writes a line now and then elsewhere, and never a control character', () => {
    const { progress, wait, output } = shown(false);
    for (let second = 0; second < 25; second++) {
      progress.show(`${second} s`);
      wait(1_000);
    }
    progress.end();
    expect(output()).toBe('10 s\n20 s\n');
  });
});
