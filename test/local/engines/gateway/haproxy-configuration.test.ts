import { haproxyConfiguration } from '../../../../local/engines/gateway/haproxy-configuration';
import { BARE_RULES, placeIn, RULES } from './sample';

/** Lines of a section, without what they are indented by. */
function section(text: string, title: string): string[] {
  const found = text.split('\n\n').find((part) => part.startsWith(`${title}\n`));
  return (found ?? '').split('\n').slice(1).map((line) => line.trim()).filter((line) => line !== '');
}

const { leftOut, text } = haproxyConfiguration(RULES, placeIn('/run'));
const bare = haproxyConfiguration(BARE_RULES, placeIn('/run'));
const withBackends = (change: Partial<typeof RULES.backends>) => haproxyConfiguration({ ...RULES, backends: { ...RULES.backends, ...change } }, placeIn('/run'));

describe('the configuration of HAProxy', () => {
  it('listens in its place, on loopback alone', () => {
    expect(section(text, 'frontend clients')[0]).toBe('bind 127.0.0.1:8080');
  });

  it('leads an exact path, then the longer prefix by its elements, and answers 404 for the rest', () => {
    const lines = section(text, 'frontend clients');
    expect(lines.filter((line) => /backend/.test(line))).toEqual([
      'use_backend pods-1 if { path /healthz }',
      'use_backend pods-2 if { path /books } || { path -m beg /books/ }',
      'use_backend pods-1 if { path -m beg / }',
      'default_backend nowhere',
    ]);
    expect(section(text, 'backend nowhere')).toEqual(['http-request return status 404']);
  });

  it('has the time limits of the rules, and bounds nothing that they do not', () => {
    expect(section(text, 'defaults')).toEqual(expect.arrayContaining([
      'timeout connect 2000ms', 'timeout server 500ms', 'timeout queue 1100ms', 'timeout client 60000ms', 'timeout http-keep-alive 60000ms',
      'timeout http-request 3000ms', 'timeout check 2000ms', 'option clitcpka', 'clitcpka-idle 60000ms', 'option srvtcpka', 'srvtcpka-idle 60000ms',
    ]));
    expect(section(bare.text, 'defaults').filter((line) => /timeout|tcpka/.test(line))).toEqual([
      'timeout connect 24d', 'timeout server 24d', 'timeout queue 24d', 'timeout client 24d',
    ]);
  });

  it('gives an attempt the time of the request where attempts have none', () => {
    const { leftOut: left, text: changed } = withBackends({ attemptMilliseconds: undefined });
    expect(section(changed, 'defaults')).toContain('timeout server 1100ms');
    expect(left.join()).not.toContain('requestTimeout');
  });

  it('tries once more what was refused or reset, at another pod, and nothing where there are no retries', () => {
    expect(section(text, 'defaults')).toEqual(expect.arrayContaining(['retries 1', 'option redispatch 1', 'retry-on conn-failure empty-response response-timeout']));
    expect(section(withBackends({ retriesResets: false }).text, 'defaults')).toContain('retry-on conn-failure');
    expect(section(bare.text, 'defaults').filter((line) => /retr|redispatch/.test(line))).toEqual(['retries 0']);
  });

  it('refuses connections beyond the limit, underscores in names of headers, and escaped slashes', () => {
    expect(section(text, 'frontend clients')).toEqual(expect.arrayContaining([
      'tcp-request connection reject if { fe_conn gt 30000 }',
      'http-request return status 400 if { req.hdr_names -m sub _ }',
      'http-request return status 400 if { path -m sub -i %2f %5c }',
    ]));
    expect(section(bare.text, 'frontend clients')).toEqual(['bind 127.0.0.1:8080', 'use_backend pods-1 if { path -m beg / }', 'default_backend nowhere']);
  });

  it('counts for a limit what it lets through, in the time of the limit, each in a table of its own', () => {
    expect(section(text, 'frontend clients').filter((line) => /track|gpc0/.test(line))).toEqual([
      'http-request track-sc0 int(1) table limit-1', 'http-request return status 429 if { sc0_gpc0_rate ge 1077 }', 'http-request sc-inc-gpc0(0)',
      'http-request track-sc1 int(1) table limit-2', 'http-request return status 429 if { sc1_gpc0_rate ge 9000 }', 'http-request sc-inc-gpc0(1)',
    ]);
    expect(section(text, 'backend limit-2')).toEqual(['stick-table type integer size 16 expire 120s store gpc0_rate(60s)']);
  });

  it('says which limits are more than it has counters for', () => {
    const { leftOut: left, text: changed } = withBackends({ limits: [1, 2, 3, 4].map((requests) => ({ requests, seconds: 1 })) });
    expect(left).toContain('rateLimit.local has its first 3 rules');
    expect(changed).not.toContain('limit-4');
  });

  it('opens the circuit at so many requests that wait, or are under way', () => {
    expect(section(text, 'backend pods-1')).toEqual(expect.arrayContaining([
      'http-request return status 503 if { queue(pods-1) ge 144 }',
      'http-request set-var(txn.pending) queue(pods-1)',
      'http-request return status 503 if { be_conn(pods-1),sub(txn.pending) gt 144 }',
    ]));
  });

  it('asks pods whether they are ready, and divides connections and requests over them', () => {
    const check = 'check inter 5000ms fall 3 rise 1 observe layer4 error-limit 5 on-error mark-down';
    expect(section(text, 'backend pods-1')).toEqual(expect.arrayContaining([
      'balance leastconn', 'option httpchk', 'http-check send meth GET uri /readyz', 'http-check expect status 200-399',
      `server pod-1 127.0.0.1:4001 maxconn 8 ${check}`, `server pod-2 127.0.0.1:4002 maxconn 8 ${check}`,
    ]));
    expect(section(text, 'backend pods-2')).toContain(`server pod-1 127.0.0.1:4003 maxconn 15 ${check}`);
    expect(section(bare.text, 'backend pods-1')).toEqual(['balance roundrobin', 'server pod-1 127.0.0.1:4001', 'server pod-2 127.0.0.1:4002']);
  });

  it('says what it does otherwise, and nothing of what was not asked for', () => {
    expect(leftOut).toEqual([
      'timeout.http.requestReceivedTimeout ends with the headers',
      'timeout.http.requestTimeout bounds the wait for a connection, not all attempts together',
      'retry is for requests of up to 16384 bytes, once they are sent',
      'healthCheck.passive.baseEjectionTime ends when the pod is ready',
    ]);
    expect(bare.leftOut).toEqual([]);
    expect(haproxyConfiguration({ ...RULES, readiness: undefined }, placeIn('/run')).leftOut).toContain('healthCheck.passive needs a readiness probe');
  });
});
