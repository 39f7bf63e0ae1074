import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from '../../cli/command';
import { LOCAL_FACTS_FILE } from '../../lib/facts';

/** A command of the CLI that runs in this process, in a folder of its own. */
export interface CommandInFolder {
  readonly folder: string;
  /** Runs it; fails unless its exit code is 0. @returns what it printed */
  run(...words: string[]): Promise<string>;
}

/** Call it inside a `describe`: the folder goes with the block, and no test leaves a `facts.local.json` to the next. */
export function commandInFolder(command: Command): CommandInFolder {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-'));
  let output = '';

  beforeEach(() => {
    jest.spyOn(process, 'cwd').mockReturnValue(folder);
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    fs.rmSync(path.join(folder, LOCAL_FACTS_FILE), { force: true });
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  return {
    folder,
    run: async (...words) => {
      const { values, positionals } = parseArgs({ args: words, options: command.options, allowPositionals: true });
      output = '';
      expect(await command.run({ values, positionals })).toBe(0);
      return output;
    },
  };
}
