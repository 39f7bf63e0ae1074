import fc from 'fast-check';
import { ManifestReader } from '../../../local/plan/manifest-reader';

const SPEC = { targetRefs: [{ name: 'a' }], circuit: { most: 5, budget: { percent: 20 } }, type: 'Least', timeout: { http: { request: '1m30s' } }, triggers: ['reset', 'other'], zones: {} };

describe('a manifest that is read', () => {
  it('gives numbers, texts, lists and times', () => {
    const reader = new ManifestReader(SPEC);
    expect(reader.number('circuit.most')).toBe(5);
    expect(reader.number('circuit.nothing.there')).toBeUndefined();
    expect([reader.isText('type', 'Least'), reader.isText('type', 'Round'), reader.isText('nothing', 'x')]).toEqual([true, false, false]);
    expect(reader.texts('triggers', ['reset'])).toEqual(['reset']);
    expect(reader.milliseconds('timeout.http.request')).toBe(90_000);
    expect(reader.milliseconds('timeout.http.idle')).toBeUndefined();
    expect([reader.has('zones'), reader.has('zones.a')]).toEqual([true, false]);
  });

  it('knows what nobody has read, as the outermost fields', () => {
    const reader = new ManifestReader(SPEC, ['targetRefs']);
    expect(reader.left()).toEqual(['circuit', 'type', 'timeout', 'triggers', 'zones']);
    reader.number('circuit.most');
    reader.milliseconds('timeout.http.request');
    reader.isText('type', 'Round');
    expect(reader.left()).toEqual(['circuit.budget', 'type', 'triggers', 'zones']);
    reader.texts('triggers', ['reset']);
    expect(reader.left()).toContain('triggers');
    reader.texts('triggers', ['reset', 'other']);
    reader.isText('type', 'Least');
    reader.number('circuit.budget.percent');
    expect(reader.left()).toEqual(['zones']);
  });

  it('does not take one name for the beginning of another', () => {
    const reader = new ManifestReader({ limit: { requests: 1 }, limits: { requests: 2 } });
    reader.number('limits.requests');
    expect(reader.left()).toEqual(['limit']);
  });

  it('is empty where there is none', () => {
    const reader = new ManifestReader(undefined);
    expect([reader.number('a.b'), reader.left()]).toEqual([undefined, []]);
  });

  it('adds up the parts of a time', () => {
    const times = fc.record({ h: fc.nat(99), m: fc.nat(99), s: fc.nat(99), ms: fc.nat(999) });
    fc.assert(fc.property(times, ({ h, m, ms, s }) => {
      expect(new ManifestReader({ t: `${h}h${m}m${s}s${ms}ms` }).milliseconds('t')).toBe(((h * 60 + m) * 60 + s) * 1_000 + ms);
    }), { numRuns: 200 });
  });

  it.each(['', '10', 's', '1.5s', '10 s', '-1s', 'PT1S'])('refuses the time %p', (text) => {
    expect(() => new ManifestReader({ t: text }).milliseconds('t')).toThrow(`\`t\` must be a time such as 500ms, 10s or 1m30s, got: ${text}`);
  });
});
