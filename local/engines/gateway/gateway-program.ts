import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { GatewayConfiguration, GatewayPlace, GatewayRules } from './gateway-rules';
import { haproxyConfiguration } from './haproxy-configuration';
import { nginxConfiguration } from './nginx-configuration';

/** Programs that can stand before the API here, in the order of preference. */
export const GATEWAY_PROGRAMS = ['haproxy', 'nginx'] as const;
export type GatewayProgramName = (typeof GATEWAY_PROGRAMS)[number];

/** A program of this machine that can be a gateway. */
export interface GatewayProgram {
  readonly name: GatewayProgramName;
  readonly file: string;
  /** `haproxy 2.6.12` */
  readonly title: string;
  /** What NGINX says of how it was built. @default - another program */
  readonly build?: string;
}

interface VersionQuestion {
  readonly word: string;
  readonly pattern: RegExp;
  /** The first version that will do. */
  readonly first: readonly [major: number, minor: number];
}

/** How one is asked for its version, and the first that knows all that is written for it. */
const VERSIONS: Readonly<Record<GatewayProgramName, VersionQuestion>> = {
  // Sums of counters in conditions, and answers of its own at any place.
  haproxy: { word: '-v', pattern: /^HAProxy version (\d+)\.(\d+)[\w.]*/m, first: [2, 4] },
  // The last branch before those of the vendor's own packages today.
  nginx: { word: '-V', pattern: /^nginx version: \w+\/(\d+)\.(\d+)[\w.]*/m, first: [1, 18] },
};

/** The accounts that NGINX runs its worker as are its own; as root it would take one that may not read the folder of a run. */
const ROOTS_GROUP: { readonly [platform: string]: string } = { darwin: 'wheel' };

/**
 * Looks for a gateway on the PATH.
 *
 * @param names that will do, the best first
 * @returns undefined where none is there, or none that starts and is new enough
 */
export function findGateway(names: readonly GatewayProgramName[] = GATEWAY_PROGRAMS, searchPath = process.env.PATH ?? ''): GatewayProgram | undefined {
  for (const name of names) {
    for (const folder of searchPath.split(path.delimiter)) {
      const program = gatewayProgram(name, path.join(folder, name));
      if (program !== undefined) {
        return program;
      }
    }
  }
  return undefined;
}

/** The program in a file, if it is that one, runs here, and is new enough. */
export function gatewayProgram(name: GatewayProgramName, file: string): GatewayProgram | undefined {
  if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) {
    return undefined;
  }
  const { first, pattern, word } = VERSIONS[name];
  // NGINX tells its version on the error output.
  const { status, stderr, stdout } = spawnSync(file, [word], { encoding: 'utf8' });
  const text = `${stdout}${stderr}`;
  const match = status === 0 ? pattern.exec(text) : null;
  if (match === null) {
    return undefined;
  }
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const isNewEnough = major > first[0] || (major === first[0] && minor >= first[1]);
  const version = match[0].split(/[ /]/).at(-1)!;
  return isNewEnough ? { name, file, title: `${name} ${version}`, ...(name === 'nginx' && { build: text }) } : undefined;
}

/** The configuration of a program, of which nothing is written yet. */
export function gatewayConfiguration(program: GatewayProgram, rules: GatewayRules, place: GatewayPlace): GatewayConfiguration {
  if (program.name === 'haproxy') {
    return haproxyConfiguration(rules, place);
  }
  const protocols = (['fastcgi', 'scgi', 'uwsgi'] as const).filter((protocol) => !program.build?.includes(`--without-http_${protocol}_module`));
  return nginxConfiguration(rules, place, { protocols, account: rootAccount() });
}

/** `root root` where that is who runs this. */
function rootAccount(): string | undefined {
  return process.getuid?.() === 0 ? `${os.userInfo().username} ${ROOTS_GROUP[process.platform] ?? 'root'}` : undefined;
}

/** Words with which a program checks its configuration, and runs by it in the foreground. */
export function gatewayWords({ name }: GatewayProgram, file: string): { readonly check: string[]; readonly run: string[] } {
  const folder = path.dirname(file);
  // The prefix of NGINX is where it looks for whatever has no whole path.
  return name === 'haproxy' ? { check: ['-c', '-f', file], run: ['-db', '-f', file] } : { check: ['-p', folder, '-t', '-c', file], run: ['-p', folder, '-c', file] };
}

/** Signal after which a program finishes the requests that it has and ends. */
export const STOP_SIGNALS: Readonly<Record<GatewayProgramName, string>> = { haproxy: 'USR1', nginx: 'QUIT' };
