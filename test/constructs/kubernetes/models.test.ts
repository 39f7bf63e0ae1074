import { type Manifest, modelFaults, unknownFields } from '../../support/kubernetes';
import { everything } from './sample';

const ALL = everything();

describe('the manifests', () => {
  it('are what the published models of their kinds say', () => {
    expect(modelFaults(ALL)).toEqual([]);
  });

  it('have no field that their kinds do not have', () => {
    expect(unknownFields(ALL)).toEqual([]);
  });

  it('would be found out otherwise', () => {
    const change = (kind: string, from: RegExp, to: string): Manifest[] => ALL
      .filter((object) => object.kind === kind).slice(0, 1)
      .map((object) => JSON.parse(JSON.stringify(object).replace(from, to)) as Manifest);
    expect(modelFaults([
      ...change('NodePool', /"weight":\d+/, '"weight":500'), ...change('ScaledObject', /"lagThreshold":"(\d+)"/, '"lagThreshold":$1'),
      ...change('HTTPRoute', /"type":"PathPrefix"/, '"type":"Prefix"'), ...change('Deployment', /"selector"/, '"selectors"'),
    ])).toEqual([
      expect.stringContaining('NodePool'), expect.stringContaining('ScaledObject'), expect.stringContaining('HTTPRoute'), expect.stringContaining('Deployment'),
    ]);
    expect(unknownFields([...change('NodePool', /consolidateAfter/, 'consolidateWhen'), ...change('Deployment', /"maxSkew"/, '"skew"')])).toEqual([
      expect.stringContaining('consolidateWhen'), expect.stringContaining('skew'),
    ]);
  });
});
