import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

/** A certificate and its key, as PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Why there are no certificates to be made here; undefined when there are. */
export function missingOpenssl(): string | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'openssl is not on the PATH';
  }
}

/**
 * An authority of its own, made on the fly: its certificate, and one that it has signed for a host.
 *
 * @param host as a subject alternative name has it
 */
export function certified(host: string): { readonly authority: string; readonly server: KeyPair } {
  const folder = mkdtempSync(path.join(tmpdir(), 'authority-'));
  const openssl = (...words: string[]): void => { execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' }); };
  const text = (file: string): string => readFileSync(path.join(folder, file), 'utf8');
  try {
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=test authority',
      '-keyout', 'authority.key', '-out', 'authority.pem');
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=server',
      '-keyout', 'server.key', '-out', 'server.csr');
    writeFileSync(path.join(folder, 'names'), `subjectAltName=${host}\n`);
    openssl('x509', '-req', '-in', 'server.csr', '-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial', '-days', '2', '-extfile', 'names',
      '-out', 'server.pem');
    return { authority: text('authority.pem'), server: { certificate: text('server.pem'), key: text('server.key') } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
