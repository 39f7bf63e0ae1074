import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { synthesizeApp } from '../../cli/assembly';
import { readAssembly } from '../../lib/topology';
import { root } from '../house/source-files';
import type { ExternalCheck, ExternalResult } from './external-check';

/** The version that the templates were last held against. */
const VERSION = '1.58.0';

/**
 * Rules that do not fit generated templates:
 * W3005 `DependsOn` that is implied already (the CDK writes it for its own ordering),
 * E4002 numbers with a fraction in template metadata, where the sizing decisions are: CloudFormation takes any JSON there.
 */
const IGNORED_RULES = ['W3005', 'E4002'];

/** AWS's own template linter, from PyPI, on the templates of prod: an opinion besides that of the CDK's validator. */
export const cfnLint: ExternalCheck = {
  name: 'cfn-lint',
  async run(): Promise<ExternalResult> {
    process.chdir(root);
    const program = install();
    if (program === undefined) {
      return { status: 'skipped', detail: `cfn-lint ${VERSION} cannot be installed here (needs python3 with venv and PyPI)` };
    }
    const assembly = await synthesizeApp({ environment: 'prod' });
    try {
      const templates = readAssembly(assembly.folder).map(({ templateFile }) => templateFile);
      const lint = spawnSync(program, ['--non-zero-exit-code', 'warning', '--ignore-checks', ...IGNORED_RULES, '--regions', 'eu-west-1', '--', ...templates], { encoding: 'utf8' });
      return lint.status === 0
        ? { status: 'passed', detail: `${templates.length} templates of prod without a finding (${VERSION})` }
        : { status: 'failed', detail: `\n${lint.stdout}${lint.stderr}` };
    } finally {
      assembly.dispose();
    }
  },
};

/** Installs the linter into a virtual environment of its own, once. */
function install(): string | undefined {
  const folder = path.join(root, '.local', `cfn-lint-${VERSION}`);
  const program = path.join(folder, 'bin', 'cfn-lint');
  if (!fs.existsSync(program)) {
    const succeeds = (command: string, words: string[]): boolean => spawnSync(command, words, { stdio: 'ignore' }).status === 0;
    if (!succeeds('python3', ['-m', 'venv', folder]) || !succeeds(path.join(folder, 'bin', 'pip'), ['install', '--quiet', `cfn-lint==${VERSION}`])) {
      fs.rmSync(folder, { recursive: true, force: true });
      return undefined;
    }
  }
  return program;
}
