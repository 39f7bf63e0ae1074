import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { findGateway, GATEWAY_PROGRAMS } from '../../../../local/engines/gateway';
import { gatewayConfiguration, gatewayWords } from '../../../../local/engines/gateway/gateway-program';
import { describeUnless } from '../../../support/describe-unless';
import { temporaryFolder } from '../../run/cht';
import { BARE_RULES, placeIn, RULES } from './sample';

const folder = temporaryFolder();
afterAll(() => fs.rmSync(folder, { recursive: true }));

let folders = 0;
/** A folder with a program that says this when it is asked for its version, on the given output. */
function withProgram(name: string, says: string, output: 1 | 2 = 1, code = 0): string {
  const place = path.join(folder, String(folders++));
  fs.mkdirSync(place);
  fs.writeFileSync(path.join(place, name), `#!/bin/sh\necho "${says}" >&${output}\nexit ${code}\n`, { mode: 0o755 });
  return place;
}

describe('a gateway on the PATH', () => {
  it('is HAProxy before NGINX, wherever they are, by their own version', () => {
    const nginx = withProgram('nginx', 'nginx version: nginx/1.22.1', 2);
    const haproxy = withProgram('haproxy', 'HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/');
    const searchPath = [nginx, haproxy].join(path.delimiter);
    expect(findGateway(undefined, searchPath)).toEqual({ name: 'haproxy', file: path.join(haproxy, 'haproxy'), title: 'haproxy 2.6.12' });
    expect(findGateway(['nginx'], searchPath)).toMatchObject({ name: 'nginx', title: 'nginx 1.22.1' });
    expect(findGateway(['haproxy'], nginx)).toBeUndefined();
  });

  it('is none that is too old, does not start, or is another program', () => {
    expect(findGateway(undefined, withProgram('haproxy', 'HAProxy version 2.3.21 2022/07/27'))).toBeUndefined();
    expect(findGateway(undefined, withProgram('haproxy', 'HAProxy version 2.6.12', 1, 1))).toBeUndefined();
    expect(findGateway(undefined, withProgram('nginx', 'nginx version: nginx/1.17.10', 2))).toBeUndefined();
    expect(findGateway(undefined, withProgram('nginx', 'something else'))).toBeUndefined();
    expect(findGateway(undefined, '/nowhere')).toBeUndefined();
  });

  it('takes folders only of those protocols that NGINX was built with', () => {
    const build = '--without-http_uwsgi_module --without-http_scgi_module';
    const { text } = gatewayConfiguration({ name: 'nginx', file: 'nginx', title: 'nginx', build }, RULES, placeIn('/run'));
    expect([text.includes('fastcgi_temp_path'), text.includes('uwsgi_temp_path'), text.includes('scgi_temp_path "/run/scgi"')]).toEqual([true, false, false]);
  });
});

for (const name of GATEWAY_PROGRAMS) {
  const program = findGateway([name]);
  describeUnless(program === undefined ? `no ${name} on the PATH` : undefined, `${name} itself`, () => {
    it.each([['everything', RULES], ['nothing', BARE_RULES]])('takes a configuration with %s, without a warning', (_, rules) => {
      const place = path.join(folder, `${name}-${folders++}`);
      fs.mkdirSync(place);
      const file = path.join(place, 'gateway.conf');
      fs.writeFileSync(file, gatewayConfiguration(program!, rules, placeIn(place)).text);
      const { status, stderr, stdout } = spawnSync(program!.file, gatewayWords(program!, file).check, { encoding: 'utf8' });
      expect(`${stdout}${stderr}`).not.toMatch(/warn|alert|emerg/i);
      expect(status).toBe(0);
    });
  });
}
