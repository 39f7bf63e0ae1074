import type { CheckerProgress } from '../checker/checker';

/** Where the lines of a run go. */
export interface RunConsole {
  /** A line that stays. */
  line(text: string): void;
  /** Where the run stands: replaces the one before where that is possible. */
  status(text: string): void;
}

/** Seconds between two lines of progress where a line cannot be replaced, as in the log of a CI. */
const QUIET_SECONDS = 5;

/** Writes to a stream: over the last line on a terminal, else every few seconds. */
export function streamConsole(stream: NodeJS.WriteStream): RunConsole {
  let statusShown = false;
  let lastStatus = 0;
  return {
    line(text) {
      stream.write(`${statusShown ? '\r\u001b[K' : ''}${text}\n`);
      statusShown = false;
    },
    status(text) {
      if (stream.isTTY) {
        stream.write(`\r\u001b[K${text.slice(0, (stream.columns ?? 80) - 1)}`);
        statusShown = true;
      } else if (Date.now() - lastStatus >= QUIET_SECONDS * 1000) {
        stream.write(`${text}\n`);
        lastStatus = Date.now();
      }
    },
  };
}

/** A terminal of 80 columns, with room for a margin. */
const LINE_WIDTH = 78;

/**
 * Breaks a paragraph between words.
 *
 * @param start what the first line begins with
 * @param indent what the others begin with
 */
export function wrapped(paragraph: string, start = '', indent = '  '): string {
  const lines: string[] = [];
  let line = start;
  let isEmpty = true;
  for (const word of paragraph.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].join('\n');
}

/** One line on where a run stands, for a terminal of 80 columns; the two latencies are those of acceptance and settlement. */
export function progressLine(phase: string, progress: CheckerProgress, balanceLagSeconds: number): string {
  const count = (value: number) => value.toLocaleString('en-US');
  return `  ${phase}  sent ${count(progress.sent)}  settled ${count(progress.settledKeys)}`
    + `  p99 ${progress.acceptMs.p99}/${progress.settleMs.p99} ms  balance lag ${balanceLagSeconds.toFixed(1)} s`;
}
