import * as fs from 'node:fs';
import * as path from 'node:path';
import { checkCommand } from '../../cli/check';
import { costCommand } from '../../cli/cost';

const page = fs.readFileSync(path.join(__dirname, '../../docs/finops.md'), 'utf8');
const commands = [...page.matchAll(/npx cht ([^\n`#]+)/g)].map(([, words]) => words.trim().split(/\s+/));
const COMMANDS = { cost: costCommand, check: checkCommand } as const;

describe('docs/finops.md', () => {
  it('shows commands that there are, with options that they have', () => {
    expect(commands.length).toBeGreaterThan(8);
    for (const [name, ...words] of commands) {
      const command = COMMANDS[name as keyof typeof COMMANDS];
      expect({ name, known: command !== undefined }).toEqual({ name, known: true });
      const options = words.filter((it) => it.startsWith('--')).map((it) => it.slice(2));
      expect(options.filter((it) => !(it in command.options))).toEqual([]);
    }
    const parts = commands.filter(([name]) => name === 'cost').map(([, word]) => word).filter((word) => /^(why|levers|diff|compare)$/.test(word));
    expect(new Set(parts)).toEqual(new Set(['why', 'levers', 'diff', 'compare']));
    expect(parts.every((word) => costCommand.help.includes(`cht cost ${word}`))).toBe(true);
  });
});
