import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { Decision } from '../../../lib/sizing';
import { sizeConnections } from '../../../lib/sizing/connections';
import { sizeEdgeCells } from '../../../lib/sizing/edge-cells';
import { edgeTraffic } from '../../../lib/sizing/edge-traffic';
import { sizeLoadBalancer } from '../../../lib/sizing/load-balancer';
import { sizeNetworkEndpoints } from '../../../lib/sizing/network-endpoints';
import { sizeWebAcl } from '../../../lib/sizing/web-acl';
import { LatencyTarget, Rate, RecoveryTier, Workload, type WorkloadProps } from '../../../lib/workload';

/** 500 B payments, a tenth read, a twentieth through the public edge: numbers that are easy to compute with. */
function workload(rate: number, props: Partial<WorkloadProps> = {}): Workload {
  return new Workload({ peak: Rate.perSecond(rate), payload: { mean: Size.bytes(500), p99: Size.bytes(1000) }, readsPerPayment: 0.1, ...props });
}

describe('the traffic of the edges', () => {
  it('has a request for each batch and each look at a status', () => {
    const traffic = edgeTraffic(workload(10_000, { paymentsPerRequest: 20, publicEdgeShare: 0.25 }), 10_000, Facts.DEFAULT);
    // 500 posts + 1,000 reads; (900 + 300) B of headers each, 650 B a payment, 500 B a read.
    expect(traffic.requests).toBe(1_500);
    expect(traffic.public.requests).toBe(375);
    expect(traffic.partner.bytes).toBe(0.75 * (1_500 * 1_200 + 10_000 * 650 + 1_000 * 500));
  });
});

describe('connections', () => {
  it('follow from requests by Little\'s law', () => {
    const sizing = sizeConnections(workload(100_000));
    // 110,000 requests/s: 5,500 public, two a connection, each held for 60 s; 104,500 of partners, 100 ms each, half of the connections busy.
    expect(sizing.public).toEqual({ newPerSecond: 2_750, active: 165_000 });
    expect(sizing.partner).toEqual({ newPerSecond: 105, active: 20_900 });
    const tasks = Decision.find(sizing.decisions, 'perTask').inputs.tasks as number;
    expect(sizing.perTask).toBe(Math.ceil(110_000 * 0.1 * 2 / tasks));
  });

  it('are as many as people who stay, and fewer where the idle timeout sends them away', () => {
    const of = (seconds: number) => sizeConnections(workload(1, {
      peak: Rate.ofConcurrentUsers({ users: 36_000, thinkTime: Duration.seconds(seconds) }), publicEdgeShare: 1,
    })).public;
    expect(of(30)).toEqual({ active: 36_000, newPerSecond: 10 });
    expect(of(600)).toEqual({ active: 3_600, newPerSecond: 60 });
  });

  it('are none where nobody comes', () => {
    expect(sizeConnections(workload(1_000, { publicEdgeShare: 0 })).public).toEqual({ active: 0, newPerSecond: 0 });
  });

  it('count a slow answer for one second at most', () => {
    const slow = sizeConnections(workload(1_000, { latencyTarget: LatencyTarget.accept(Duration.seconds(30)) }));
    expect(slow.partner.active).toBe(1_045 * 2);
  });

  it('refuse what the files of a task do not allow', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'fargate/task.openFiles.maximum': 1024 });
    expect(() => sizeConnections(workload(100_000), facts)).toThrow(/^`perTask` must be at most 256 connections, what the open files of a task allow, got: \d+$/);
  });
});

describe('the load balancers', () => {
  it('pay for the highest dimension', () => {
    const { public: people, partner, networkUnits, handshakesPerSecond } = sizeLoadBalancer(workload(100_000));
    // Public: 2,750 new / 25 = 110 LCU; 165,000 open / 3,000 = 55. Partners: 104,500 requests/s x 1,200 B + 95 % of 65 MB/s and 5 MB/s.
    expect(people).toMatchObject({ units: 110, binding: { label: 'NewConnections', units: 110 } });
    const gigabytesPerHour = 0.95 * (110_000 * 1_200 + 100_000 * 650 + 10_000 * 500) * 3_600 / 2 ** 30;
    expect(partner.binding).toMatchObject({ label: 'Gigabytes', units: gigabytesPerHour });
    expect(partner.units).toBe(644);
    expect(networkUnits).toBe(644);
    expect(handshakesPerSecond).toBe(2_855);
  });

  it('hold half as many connections where they ask for certificates', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'target/edge.partner.busyShare': 0.01 });
    const { partner, public: people } = sizeLoadBalancer(workload(100_000), facts);
    expect(partner.binding).toMatchObject({ label: 'ActiveConnections', units: 1_045_000 / 1_500 });
    expect(people.units).toBe(110);
  });

  it('pay for rules beyond the free ones', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'target/edge.listenerRules': 30 });
    expect(sizeLoadBalancer(workload(100_000), facts).partner.binding).toMatchObject({ label: 'Rules', units: 104_500 * 20 / 1_000 });
  });

  it('reserve what a sudden ramp needs, where that is more than they have', () => {
    const at = (rate: number, props: Partial<WorkloadProps> = {}, facts = Facts.DEFAULT) => sizeLoadBalancer(workload(rate, props), facts);
    // Half of the peak at the start of the ramp, for they double within its five minutes.
    expect(at(100_000).partner.reservedUnits).toBe(322);
    expect(at(100_000).public.reservedUnits).toBe(0);
    const reservation = Decision.find(at(100_000).decisions, 'partnerReservedUnits');
    // An account starts with nothing to reserve.
    expect(reservation.quota).toMatchObject({ id: 'alb/lcuReservation.perRegion', used: 322, shared: true, adjustable: true });
    expect(reservation.quota!.used).toBeGreaterThan(reservation.quota!.value);
    expect(at(100_000, { average: Rate.perSecond(60_000) }).partner.reservedUnits).toBe(0);
    expect(at(100_000, {}, Facts.DEFAULT.withOverrides({ 'target/edge.unannouncedRampMinutes': 10 })).partner.reservedUnits).toBe(0);
    expect(at(100_000, { average: Rate.perSecond(10_000) }, Facts.DEFAULT.withOverrides({ 'target/edge.unannouncedRampMinutes': 0 })).partner.reservedUnits).toBe(644);
  });

  it('cost their hours, their units and the trust store', () => {
    const { monthlyDollars, partner, public: people } = sizeLoadBalancer(workload(100_000));
    // Public: 44 units at the average rate; partners: 322 reserved, above the 257 of the average rate.
    const dollars = 730 * (2 * 0.0225 + 0.0056 + (0.4 * people.binding.units + partner.reservedUnits) * 0.008);
    expect(monthlyDollars).toBeCloseTo(dollars, 2);
  });

  it('show the targets against their quota', () => {
    const targets = Decision.find(sizeLoadBalancer(workload(5_000_000)).decisions, 'targets');
    expect(targets.quota).toMatchObject({ id: 'alb/targets', value: 1_000, used: targets.value });
    expect(targets.quota!.used).toBeGreaterThan(1_000);
  });
});

describe('cells', () => {
  it('carry everything with one of them lost', () => {
    // 104,500 requests/s of partners over 50,000 of a load balancer: 3, and one to lose.
    expect(sizeEdgeCells(workload(100_000, { cells: 4 }))).toMatchObject({ cells: 4, statedCells: 4, enough: true, paymentsPerSecondOfCell: 33_334 });
    expect(sizeEdgeCells(workload(100_000, { cells: 3 }))).toMatchObject({ cells: 4, enough: false });
    const short = Decision.find(sizeEdgeCells(workload(100_000, { cells: 3 })).decisions, 'paymentsPerSecondOfCell');
    expect(short.rejected).toEqual([{ option: '3 cells, as stated', because: 'with one lost each has 52,250 of 50,000 requests/s' }]);
  });

  it('keep the damage within what the recovery tier allows', () => {
    const cells = (recoveryTier: RecoveryTier): number => sizeEdgeCells(workload(40_000, { recoveryTier, paymentsPerRequest: 20 })).cells;
    expect(RecoveryTier.ALL.map(cells)).toEqual([4, 2, 1, 1]);
  });

  it('are not multiplied for a small system', () => {
    expect([10, 4_999, 12_000].map((rate) => sizeEdgeCells(workload(rate)).cells)).toEqual([1, 1, 2]);
  });

  it('follow the web ACL where most requests are public', () => {
    const sizing = sizeEdgeCells(workload(30_000, { publicEdgeShare: 1 }));
    // 33,000 requests/s over 25,000 a web ACL: 2, and one to lose; the tier asks for 4.
    expect(sizing.cells).toBe(4);
    const relaxed = sizeEdgeCells(workload(30_000, { publicEdgeShare: 1, recoveryTier: RecoveryTier.ANALYTICS }));
    expect(relaxed.cells).toBe(3);
    expect(relaxed.decisions[0].binding).toBe('requests of a web ACL, with one cell lost');
  });

  it('have a weight each, of which 1 is a trial', () => {
    const weight = Decision.find(sizeEdgeCells(workload(100_000, { cells: 4 })).decisions, 'weight');
    expect(weight.value).toBe(100);
    expect(weight.inputs.shareOfTrialCell).toBeCloseTo(1 / 301, 8);
    expect(() => Decision.override(weight, 256)).toThrow('`weight` must be between 0 and 255, got: 256');
  });
});

describe('the web ACL', () => {
  it('sees the public edge only', () => {
    const sizing = sizeWebAcl(workload(100_000));
    // 110,000 requests/s x 5 %; a month of 40 % of that at $0.60 a million, $5 and six rules.
    expect(sizing.requestsPerSecond).toBe(5_500);
    expect(sizing.monthlyDollars).toBeCloseTo(11 + 0.4 * 5_500 * 2_628_000 / 1e6 * 0.6, 2);
    const month = Decision.find(sizing.decisions, 'monthlyDollars');
    expect(month.rejected[0].because).toBe('another $65,910 a month for 109,850 M requests of clients with certificates');
  });

  it('counts honest clients with room to spare', () => {
    const sizing = sizeWebAcl(workload(100_000));
    expect(sizing).toMatchObject({ windowSeconds: 60, addressLimit: 10 * 2 * 60, capacityUnits: 971 });
    const share = workload(1).keySkew.maximumShare();
    expect(sizing.keyLimit).toBe(Math.ceil(5_500 * share * 2 * 60));
    // 50 users behind an address who pay every 2 s and look at a tenth of the payments: 27.5 requests/s x 2 x 60 s.
    const crowd = workload(1, { peak: Rate.ofConcurrentUsers({ users: 1_000, thinkTime: Duration.seconds(2) }) });
    expect(sizeWebAcl(crowd).addressLimit).toBe(3_300);
    expect(sizeWebAcl(workload(1)).keyLimit).toBe(10);
  });

  it('takes the shortest window in which its rules look twice', () => {
    expect(sizeWebAcl(workload(10), Facts.DEFAULT.withOverrides({ 'waf/rateRule.detectionLagSec': 31 })).windowSeconds).toBe(120);
    expect(sizeWebAcl(workload(10), Facts.DEFAULT.withOverrides({ 'waf/rateRule.detectionLagSec': 10 })).windowSeconds).toBe(60);
  });

  it('keeps its body rule away from batches', () => {
    expect(sizeWebAcl(workload(10))).toMatchObject({ inspectedBytes: 8_192, batchWithinInspection: false });
    const rule = (bytes: number) => Decision.find(sizeWebAcl(workload(10, { payload: { mean: Size.bytes(bytes) } })).decisions, 'bodySizeRule').value;
    expect([500, 4_096, 5_000].map(rule)).toEqual(['single payments', 'single payments', 'nowhere']);
  });

  it('warns before its quota, and refuses beyond it', () => {
    const open = { publicEdgeShare: 1 };
    const binding = (rate: number): string => sizeWebAcl(workload(rate, open)).decisions[0].binding;
    expect(binding(20_000)).toBe('requests of people and their devices');
    expect(binding(50_000)).toBe('above the 25,000/s that every account has: look at this account\'s quota before it is needed');
    expect(() => sizeWebAcl(workload(100_000, open))).toThrow(
      "`publicEdgeShare` and `cells` must leave a web ACL at most 100,000 requests/s, or a raise must be stated as 'waf/webAcl.rps.regional.default', got: 110,000");
    const raised = Facts.DEFAULT.withOverrides({ 'waf/webAcl.rps.regional.default': 150_000 });
    expect(sizeWebAcl(workload(100_000, open), raised).requestsPerSecond).toBe(110_000);
  });
});

describe('the ways out of the network', () => {
  it('are endpoints, which cost less than NAT gateways at any rate', () => {
    const sizing = sizeNetworkEndpoints(workload(100_000));
    expect(sizing).toMatchObject({ interfaceEndpoints: 4, gatewayEndpoints: 2, availabilityZones: 3, access: 'endpoints' });
    expect(sizing.monthlyDollars).toBeCloseTo(730 * 4 * 3 * 0.01 + sizing.gigabytesPerMonth * 0.01, 6);
  });

  it('would be NAT gateways where many endpoints see little traffic', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'target/edge.interfaceEndpoints': 8 });
    expect(sizeNetworkEndpoints(workload(10), facts).access).toBe('nat');
    expect(sizeNetworkEndpoints(workload(100_000), facts).access).toBe('endpoints');
  });

  it('have room for the peak with a zone gone', () => {
    const sizing = sizeNetworkEndpoints(workload(1_000_000));
    const bytes = (Decision.find(sizing.decisions, 'gigabytesPerMonth').inputs.bytesPerSecond as number) / 0.4;
    expect(sizing.gigabitsPerSecondOfZone).toBeCloseTo(8 * bytes / 1e9 / 2, 3);
    const large = sizeNetworkEndpoints(workload(10_000_000, { payload: { mean: Size.kibibytes(4) } }));
    const quota = Decision.find(large.decisions, 'gigabitsPerSecondOfZone').quota!;
    expect(quota.used).toBeGreaterThan(quota.value);
  });
});
