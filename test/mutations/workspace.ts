import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { root } from '../house/source-files';
import type { Mutation } from './mutation';

/** What the tests of the runtime need of the tree. */
const COPIED = ['lambdas', 'lib', 'local', 'projenrc', 'test/docs-examples', 'test/house', 'test/golden', 'test/lambdas', 'test/local', 'test/support', 'package.json', 'tsconfig.json'];
const LINKED = ['node_modules', 'docs'];
/** A broken line can make a test run for ever. */
const LONGEST_MILLISECONDS = 60_000;
/** How long one test may wait for what a broken line keeps from happening. */
const TEST_MILLISECONDS = 15_000;

/** How a run of tests ended. `broken`: nothing was tested, as something did not even start. */
export type Outcome = 'passed' | 'failed' | 'hung' | 'broken';

/** What Jest writes with `--json`. */
interface Report {
  readonly numFailedTests: number;
  readonly numPassedTests: number;
  readonly success: boolean;
}

/** A copy of the tree in which lines can be broken while others work on the real one. */
export class Workspace {
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mutations-'));
  private child: ChildProcess | undefined;

  constructor() {
    for (const entry of COPIED) {
      fs.cpSync(path.join(root, entry), path.join(this.folder, entry), { recursive: true });
    }
    for (const entry of LINKED) {
      fs.symlinkSync(path.join(root, entry), path.join(this.folder, entry));
    }
    const config = `const { globalSetup, testSequencer, ...rest } = require(${JSON.stringify(path.join(root, 'jest.config.js'))});\n`
      + `module.exports = { ...rest, rootDir: __dirname, testTimeout: ${TEST_MILLISECONDS} };\n`;
    fs.writeFileSync(path.join(this.folder, 'jest.config.js'), config);
  }

  /** Runs a test with a line broken. */
  async runMutated({ file, find, replace, test }: Mutation): Promise<Outcome> {
    const place = path.join(this.folder, file);
    const source = fs.readFileSync(place, 'utf8');
    const at = source.indexOf(find);
    fs.writeFileSync(place, source.slice(0, at) + replace + source.slice(at + find.length));
    try {
      return await this.run([test]);
    } finally {
      // Gone, where the run was broken off.
      if (fs.existsSync(place)) {
        fs.writeFileSync(place, source);
      }
    }
  }

  /** Runs tests as the tree is. */
  async run(tests: readonly string[]): Promise<Outcome> {
    const output = path.join(this.folder, 'report.json');
    fs.rmSync(output, { force: true });
    const words = ['node_modules/jest/bin/jest.js', '--ci', '--runInBand', '--silent', '--json', `--outputFile=${output}`, '--runTestsByPath', ...tests];
    const child = spawn(process.execPath, words, { cwd: this.folder, stdio: 'ignore' });
    this.child = child;
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      child.kill('SIGKILL');
    }, LONGEST_MILLISECONDS * tests.length);
    await new Promise((resolve) => { child.once('close', resolve); });
    clearTimeout(timer);
    if (hung) {
      return 'hung';
    }
    return fs.existsSync(output) ? outcomeOf(JSON.parse(fs.readFileSync(output, 'utf8')) as Report) : 'broken';
  }

  /** Ends what runs, and leaves nothing behind. */
  close(): void {
    this.child?.kill('SIGKILL');
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function outcomeOf({ success, numFailedTests, numPassedTests }: Report): Outcome {
  if (numFailedTests > 0) {
    return 'failed';
  }
  return success && numPassedTests > 0 ? 'passed' : 'broken';
}
