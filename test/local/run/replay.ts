import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Verdict } from '../../../local/run/verdict';
import { type InputFile, makeInputFile } from '../../support/input-file';
import { cht, readVerdict, temporaryFolder } from './cht';

/** What came of replaying a made-up input file. */
export interface Replay {
  readonly file: InputFile;
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly output: string;
  /** What the run left behind. */
  readonly leftovers: readonly string[];
  /** Lines whose answer the contract does not allow. */
  readonly wrongAnswers: readonly string[];
  /** Balance by `merchant,currency`, zero ones left out. */
  readonly balances: ReadonlyMap<string, bigint>;
  /** Rows of the balances file, as they stand. */
  readonly balanceRows: readonly string[][];
}

export async function replayMadeUpFile(count: number, seed: number): Promise<Replay> {
  const folder = temporaryFolder();
  try {
    const file = makeInputFile(count, seed);
    const at = (name: string) => path.join(folder, name);
    fs.writeFileSync(at('input.ndjson'), Buffer.concat(file.lines.flatMap(({ text }) => [text, Buffer.from('\n')])));
    const { exitCode, leftovers, output } = await cht([
      'run', '--environment', 'local', '--input', at('input.ndjson'), '--balances', at('balances.csv'), '--answers', at('answers.csv'), '--json', at('verdict.json'),
    ]);
    if (!fs.existsSync(at('verdict.json'))) {
      throw new Error(`the run gave no verdict:\n${output}`);
    }
    const answers = readCsv(fs.readFileSync(at('answers.csv'), 'utf8')).slice(1);
    const balanceRows = readCsv(fs.readFileSync(at('balances.csv'), 'utf8'));
    return {
      file,
      exitCode,
      output,
      leftovers,
      verdict: readVerdict(at('verdict.json')),
      wrongAnswers: file.lines.flatMap(({ statuses, why }, index) => {
        const [line, status, problem] = answers[index] ?? [];
        return Number(line) === index + 1 && statuses.includes(Number(status)) ? [] : [`line ${index + 1}, ${why}: ${status}, not ${statuses.join(' or ')}; ${problem}`];
      }),
      balanceRows,
      balances: new Map(balanceRows.slice(1).map(([merchant, currency, balance]): [string, bigint] => [`${merchant},${currency}`, BigInt(balance)]).filter(([, sum]) => sum !== 0n)),
    };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** RFC 4180. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    if (rows.length === 0 || rows[rows.length - 1].at(-1) === '\r\n') {
      rows[rows.length - 1]?.pop();
      rows.push([]);
    }
    const row = rows[rows.length - 1];
    row.push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (match[3] === '\r\n') {
      row.push('\r\n');
    }
  }
  rows[rows.length - 1]?.pop();
  return rows;
}
