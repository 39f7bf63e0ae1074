import * as fs from 'node:fs';
import * as path from 'node:path';
import type { GatewayPlan } from '../../../local/plan/gateway-plan';
import type { PodPlan } from '../../../local/plan/pod-plan';
import type { RunPlan } from '../../../local/plan/run-plan';
import { behindGateway, chooseGateway, gatewayLines, gatewaysOf } from '../../../local/run/gateway-choice';
import { GatewayMeter } from '../../../local/run/gateway-report';
import { BARE_RULES } from '../engines/gateway/sample';
import { temporaryFolder } from './cht';

const folder = temporaryFolder();
afterAll(() => fs.rmSync(folder, { recursive: true }));
for (const name of ['haproxy', 'nginx']) {
  fs.mkdirSync(path.join(folder, name));
}
fs.writeFileSync(path.join(folder, 'haproxy', 'haproxy'), '#!/bin/sh\necho HAProxy version 3.2.0\n', { mode: 0o755 });
fs.writeFileSync(path.join(folder, 'nginx', 'nginx'), '#!/bin/sh\necho nginx version: nginx/1.28.0\n', { mode: 0o755 });
const [HAPROXY, NGINX] = ['haproxy', 'nginx'].map((name) => path.join(folder, name));

const pod = (name: string, role: PodPlan['role']): PodPlan => (
  { name, role, replicas: 1, replicasBehindGateway: 2, codeFolder: '/', environment: {}, args: [] }
);
const gateway = (pods: string[]): GatewayPlan => ({ name: 'Cell1/public', pods, proxies: 3, rules: BARE_RULES, leftOut: ['TLS'] });
const PLAN = { pods: [pod('Cell1/api', 'service'), pod('Cell1/worker', 'worker')], gateways: [gateway(['Cell1/api'])] };
const WITHOUT = { ...PLAN, gateways: [] };

describe('the gateway of a run', () => {
  it('is, of itself, the first program that is there, and none where there is nothing to do', () => {
    expect(chooseGateway('auto', PLAN, [NGINX, HAPROXY].join(path.delimiter))?.title).toBe('haproxy 3.2.0');
    expect(chooseGateway('auto', PLAN, NGINX)?.title).toBe('nginx 1.28.0');
    expect(chooseGateway('auto', PLAN, '/nowhere')).toBeUndefined();
    expect(chooseGateway('auto', WITHOUT, HAPROXY)).toBeUndefined();
    expect(chooseGateway('none', PLAN, HAPROXY)).toBeUndefined();
  });

  it('is the one that is asked for, or it is said what to do', () => {
    expect(chooseGateway('nginx', PLAN, [HAPROXY, NGINX].join(path.delimiter))?.title).toBe('nginx 1.28.0');
    expect(() => chooseGateway('nginx', PLAN, HAPROXY)).toThrow(/^--gateway nginx: no nginx on the PATH .* Install one .* or take --gateway none\.$/);
    expect(() => chooseGateway('haproxy', WITHOUT, HAPROXY)).toThrow('--gateway haproxy needs a Gateway with an HTTPRoute that leads to pods of this assembly');
  });

  it('leads only to pods that run here and take requests', () => {
    expect(gatewaysOf(PLAN)).toHaveLength(1);
    expect(gatewaysOf({ ...PLAN, gateways: [gateway(['Cell1/bought']), gateway(['Cell1/worker'])] })).toEqual([]);
  });

  it('has several pods to divide requests over, and leaves others as they are', () => {
    expect(behindGateway(PLAN as unknown as RunPlan).pods.map(({ replicas }) => replicas)).toEqual([2, 1]);
    expect(behindGateway(WITHOUT as unknown as RunPlan).pods.map(({ replicas }) => replicas)).toEqual([1, 1]);
  });

  it('is told of at the start, with what it does not do; so is that there is none', () => {
    const plan = behindGateway(PLAN as unknown as RunPlan);
    expect(gatewayLines(plan, { title: 'haproxy 3.2.0', leftOut: ['TLS', 'http2'] })).toEqual([
      'Gateway: haproxy 3.2.0 for Cell1/public (2 pods; one process with the limits of 3 proxies). It does not do what Envoy would of: TLS; http2.',
    ]);
    expect(gatewayLines(plan, undefined)).toEqual([expect.stringContaining('Gateway: none stands before the API here')]);
    expect(gatewayLines(WITHOUT, undefined)).toEqual([]);
  });
});

describe('what a gateway takes', () => {
  const times = (...readings: (number | undefined)[]) => ({ title: 'haproxy 3.2.0', leftOut: ['TLS'], microseconds: async () => readings.shift() });

  it('is its time since the beginning of the load, over what settled since', async () => {
    const meter = new GatewayMeter(times(1_000_000, 1_004_500));
    await meter.begin(500);
    expect(await meter.report(1_500)).toEqual({ engine: 'haproxy 3.2.0', cpuMicrosecondsPerPayment: 4.5, leftOut: ['TLS'] });
  });

  it('is left out where nobody knows it, nothing settled, or the load never began', async () => {
    const unknown = new GatewayMeter(times(undefined, 5));
    await unknown.begin(0);
    const idle = new GatewayMeter(times(5, 6));
    await idle.begin(7);
    for (const report of [await unknown.report(9), await idle.report(7), await new GatewayMeter(times(5)).report(9)]) {
      expect(report).toEqual({ engine: 'haproxy 3.2.0', leftOut: ['TLS'] });
    }
  });

  it('is nothing where clients call the pods', async () => {
    const meter = new GatewayMeter(undefined);
    await meter.begin(0);
    expect(await meter.report(10)).toEqual({ engine: 'none', leftOut: [] });
  });
});
