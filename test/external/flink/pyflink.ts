import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../house/source-files';
import { succeeds } from '../programs';

/** The wheel of the version of Flink that the application runs on. */
export const PYFLINK = '2.3.0';

/** A Python with PyFlink, or why there is none. */
export type Python = { readonly program: string } | { readonly missing: string };

let found: Promise<Python> | undefined;

/** Installs PyFlink from PyPI into a virtual environment of its own, once, whoever asks for it first. */
export function python(): Promise<Python> {
  found ??= install();
  return found;
}

async function install(): Promise<Python> {
  if (!(await succeeds('java', ['-version']))) {
    return { missing: 'there is no java (11 or 17)' };
  }
  const folder = path.join(root, '.local', `pyflink-${PYFLINK}`);
  const program = path.join(folder, 'bin', 'python');
  // Written last, so that an installation that was broken off is made anew.
  const whole = path.join(folder, 'whole');
  if (!fs.existsSync(whole)) {
    fs.rmSync(folder, { recursive: true, force: true });
    const isThere = await succeeds('python3', ['-m', 'venv', folder])
      && await succeeds(program, ['-m', 'pip', 'install', '--quiet', `apache-flink==${PYFLINK}`]);
    if (!isThere) {
      fs.rmSync(folder, { recursive: true, force: true });
      return { missing: `PyFlink ${PYFLINK} cannot be installed here (needs python3 with venv, of a version that it supports, and PyPI)` };
    }
    fs.writeFileSync(whole, '');
  }
  return { program };
}
