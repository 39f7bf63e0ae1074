import fc from 'fast-check';
import { endpointsFromEnvironment } from '../../../../lambdas/runtime/configuration/endpoints-from-environment';
import { Environment } from '../../../../lambdas/runtime/configuration/environment';

const read = (text: string, ...others: [number?, string?]) => endpointsFromEnvironment(new Environment({ SERVERS: text }), 'SERVERS', ...others);

describe('the servers that a variable names', () => {
  it('are at their ports, in their order', () => {
    const host = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/);
    const endpoint = fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) });
    const endpoints = fc.uniqueArray(endpoint, { minLength: 1, maxLength: 5, selector: ({ host: name }) => name });
    fc.assert(fc.property(endpoints, (servers) => {
      expect(read(servers.map(({ host: name, port }) => `${name}:${port}`).join(', '))).toEqual(servers);
    }), { numRuns: 200 });
  });

  it('are at the default port, where there is one, unless another is named', () => {
    expect(read('a,b:7000', 6_379)).toEqual([{ host: 'a', port: 6_379 }, { host: 'b', port: 7_000 }]);
    expect(() => read('b:7000,a')).toThrow('SERVERS must be a comma-separated list of host:port, got: a');
  });

  it.each(['a:0', 'a:65536', 'a:99999', 'a:100000', 'a:', ':1', 'a:-1', 'a:b', 'a:1:2', 'a b:1', 'https://a:1'])('may not be %s', (text) => {
    expect(() => read(`good:1,${text}`)).toThrow(`SERVERS must be a comma-separated list of host:port, got: ${text}`);
    expect(() => read(text, 5_432)).toThrow(`SERVERS must be a comma-separated list of host or host:port, got: ${text}`);
    expect(() => read(text, 5_432, 'addresses')).toThrow(`SERVERS must be a comma-separated list of addresses, got: ${text}`);
  });
});
