import { nginxConfiguration } from '../../../../local/engines/gateway/nginx-configuration';
import { BARE_RULES, placeIn, RULES } from './sample';

const BUILD = { protocols: ['fastcgi'] as const };
const linesOf = (text: string) => text.split('\n').map((line) => line.trim());
const { leftOut, text } = nginxConfiguration(RULES, placeIn('/run'), BUILD);
const bare = nginxConfiguration(BARE_RULES, placeIn('/run'), BUILD);
const withBackends = (change: Partial<typeof RULES.backends>) => nginxConfiguration({ ...RULES, backends: { ...RULES.backends, ...change } }, placeIn('/run'), BUILD);

/** Lines of a block, by its title. */
function block(of: string, title: string): string[] {
  const lines = linesOf(of);
  const start = lines.indexOf(`${title} {`);
  return start < 0 ? [] : lines.slice(start + 1, lines.indexOf('}', start));
}

describe('the configuration of NGINX', () => {
  it('listens in its place, and keeps all its files in the folder of the run', () => {
    expect(linesOf(text)).toEqual(expect.arrayContaining([
      'listen 127.0.0.1:8080 so_keepalive=60s::;', 'pid "/run/nginx.pid";', 'client_body_temp_path "/run/client_body";', 'proxy_temp_path "/run/proxy";',
      'fastcgi_temp_path "/run/fastcgi";', 'error_log stderr notice;',
    ]));
    expect(text).not.toContain('uwsgi');
    expect(linesOf(nginxConfiguration(RULES, placeIn('/a "b"\\c'), BUILD).text)).toContain('pid "/a \\"b\\"\\\\c/nginx.pid";');
  });

  it('runs its worker as whom it is told', () => {
    expect(text).not.toMatch(/^user /m);
    expect(linesOf(nginxConfiguration(RULES, placeIn('/run'), { ...BUILD, account: 'root root' }).text)).toContain('user root root;');
  });

  it('leads an exact path, a prefix by its elements, and answers 404 for the rest', () => {
    expect(block(text, 'location = /healthz')).toContain('proxy_pass http://pods-1;');
    expect(block(text, 'location = /books')).toContain('proxy_pass http://pods-2;');
    expect(block(text, 'location /books/')).toContain('proxy_pass http://pods-2;');
    expect(block(text, 'location /')).toContain('proxy_pass http://pods-1;');
    expect(text).not.toContain('return 404');
    const { text: narrow } = nginxConfiguration({ ...RULES, routes: RULES.routes.slice(0, 2) }, placeIn('/run'), BUILD);
    expect(linesOf(narrow)).toContain('location / { return 404; }');
  });

  it('has the time limits of the rules', () => {
    expect(linesOf(text)).toEqual(expect.arrayContaining([
      'proxy_connect_timeout 2000ms;', 'proxy_send_timeout 500ms;', 'proxy_read_timeout 500ms;', 'keepalive_timeout 60000ms;', 'client_header_timeout 3000ms;',
      'client_body_timeout 3000ms;', 'proxy_socket_keepalive on;',
    ]));
    expect(linesOf(bare.text)).toEqual(expect.arrayContaining(['proxy_connect_timeout 24d;', 'proxy_read_timeout 24d;', 'keepalive_timeout 24d;']));
    expect(bare.text).not.toMatch(/client_header_timeout|proxy_socket_keepalive|so_keepalive/);
  });

  it('tries a POST once more where resets are retried, within the time of the request', () => {
    expect(linesOf(text)).toEqual(expect.arrayContaining([
      'proxy_next_upstream error timeout non_idempotent;', 'proxy_next_upstream_tries 2;', 'proxy_next_upstream_timeout 1100ms;',
    ]));
    expect(linesOf(withBackends({ retriesResets: false }).text)).toContain('proxy_next_upstream error;');
    expect(linesOf(bare.text)).toContain('proxy_next_upstream off;');
  });

  it('lets through a bucket of requests for each limit, and so many under way', () => {
    expect(linesOf(text)).toEqual(expect.arrayContaining([
      'limit_req_zone $server_port zone=limit-1:32k rate=1077r/s;', 'limit_req_zone $server_port zone=limit-2:32k rate=9000r/m;',
      'limit_conn_zone $server_port zone=parallel:32k;', 'limit_req_status 429;', 'limit_conn_status 503;',
    ]));
    expect(block(text, 'location /')).toEqual([
      'limit_req zone=limit-1 burst=1076 nodelay;', 'limit_req zone=limit-2 burst=8999 nodelay;', 'limit_conn parallel 144;', 'proxy_pass http://pods-1;',
    ]);
    expect(block(bare.text, 'location /')).toEqual(['proxy_pass http://pods-1;']);
    expect(block(withBackends({ limits: [{ requests: 1, seconds: 1 }] }).text, 'location /')[0]).toBe('limit_req zone=limit-1;');
  });

  it('divides requests over the pods, and leaves none alone: late answers of all of them would be the end', () => {
    expect(block(text, 'upstream pods-1')).toEqual([
      'least_conn;', 'server 127.0.0.1:4001 max_fails=0;', 'server 127.0.0.1:4002 max_fails=0;',
      'keepalive 15;', 'keepalive_requests 1000000000;',
    ]);
    expect(block(bare.text, 'upstream pods-1').slice(0, 2)).toEqual(['server 127.0.0.1:4001 max_fails=0;', 'server 127.0.0.1:4002 max_fails=0;']);
  });

  it('refuses escaped slashes in a path, not in a query', () => {
    const condition = /if \(\$request_uri ~\* "(.*)"\) \{ return 400; \}/.exec(text)![1];
    const refuses = (uri: string) => new RegExp(condition, 'i').test(uri);
    expect([refuses('/a%2fb'), refuses('/a%5Cb?x'), refuses('/a?b=%2F'), refuses('/a/b')]).toEqual([true, true, false, false]);
    expect(bare.text).not.toContain('return 400');
  });

  it('says what it does otherwise, and nothing of what was not asked for', () => {
    expect(leftOut).toEqual([
      'connection.connectionLimit is 4096 (worker_connections)',
      'headers.withUnderscoresAction drops the header, not the request',
      'circuitBreaker.maxConnections and maxPendingRequests: no queue; maxParallelRequests holds',
      'readinessProbe: pods are judged by what they answer to requests alone',
      'healthCheck.passive leaves no pod alone: another one is tried',
      'tcpKeepalive to pods begins when the system says',
    ]);
    expect(bare.leftOut).toEqual([]);
  });
});
