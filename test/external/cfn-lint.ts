import * as fs from 'node:fs';
import * as path from 'node:path';
import { synthesizeApp } from '../../cli/assembly';
import { readAssembly } from '../../lib/topology';
import { root } from '../house/source-files';
import type { ExternalCheck, ExternalResult } from './external-check';
import { ended, succeeds } from './programs';

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
    const program = await install();
    if (program === undefined) {
      return { status: 'skipped', detail: `cfn-lint ${VERSION} cannot be installed here (needs python3 with venv and PyPI)` };
    }
    const assembly = await synthesizeApp({ environment: 'prod' });
    try {
      const templates = readAssembly(assembly.folder).map(({ templateFile }) => templateFile);
      const lint = await ended(program, ['--non-zero-exit-code', 'warning', '--ignore-checks', ...IGNORED_RULES, '--regions', 'eu-west-1', '--', ...templates]);
      return lint.code === 0
        ? { status: 'passed', detail: `${templates.length} templates of prod without a finding (${VERSION})` }
        : { status: 'failed', detail: `\n${lint.output}` };
    } finally {
      assembly.dispose();
    }
  },
};

/** Installs the linter into a virtual environment of its own, once. */
async function install(): Promise<string | undefined> {
  const folder = path.join(root, '.local', `cfn-lint-${VERSION}`);
  const program = path.join(folder, 'bin', 'cfn-lint');
  if (!fs.existsSync(program)) {
    const isThere = await succeeds('python3', ['-m', 'venv', folder])
      && await succeeds(path.join(folder, 'bin', 'pip'), ['install', '--quiet', `cfn-lint==${VERSION}`]);
    if (!isThere) {
      fs.rmSync(folder, { recursive: true, force: true });
      return undefined;
    }
  }
  return program;
}
