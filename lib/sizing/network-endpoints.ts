import { Facts } from '../facts';
import { Workload } from '../workload';
import { Decision, quotaUse } from './decision';
import { formatNumber } from './format';
import { BILLED_GB, HOURS_PER_MONTH, SECONDS_PER_MONTH } from './monthly-cost';
import { LAYOUT_FACTS, paymentLayout, recordBytes } from './payment-layout';
import { planned } from './planned';

/** How the network reaches the services of AWS. */
export interface NetworkEndpointsSizing {
  /** Interface endpoints, each with a foot in every zone. */
  readonly interfaceEndpoints: number;
  /** Gateway endpoints; free of charge. */
  readonly gatewayEndpoints: number;
  readonly availabilityZones: number;
  /** GB a month through the interface endpoints, at the average rate. */
  readonly gigabytesPerMonth: number;
  /** Gbit/s through the busiest endpoint in one zone, at the peak with a zone gone. */
  readonly gigabitsPerSecondOfZone: number;
  /** What is cheaper: endpoints, or NAT gateways in their place. */
  readonly access: 'endpoints' | 'nat';
  /** US dollars a month of what is cheaper, at the average rate. */
  readonly monthlyDollars: number;
  readonly decisions: readonly Decision[];
}

/** What of a network is decided already. */
export interface NetworkEndpointsProps {
  /**
   * Services with an interface endpoint, by name.
   *
   * @default - those that a task calls which writes to a stream
   */
  readonly services?: readonly string[];
  /**
   * Zones, each of which every endpoint has a foot in.
   *
   * @default 3
   */
  readonly availabilityZones?: number;
}

const PATH = 'network';
const RECORD_FACTS = ['target/edge.putExpansion', ...LAYOUT_FACTS];

/** Sizes the ways from the network to the services of AWS. Give it the whole workload: cells share the network. */
export function sizeNetworkEndpoints(workload: Workload, facts: Facts = Facts.DEFAULT, props: NetworkEndpointsProps = {}): NetworkEndpointsSizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts, props), () => []);
}

function sizeOnce(workload: Workload, facts: Facts, props: NetworkEndpointsProps): NetworkEndpointsSizing {
  const zones = props.availabilityZones ?? facts.number('target/fargate.availabilityZones');
  const endpoints = endpointsDecision(zones, facts, props.services);
  const gateways = facts.number('target/edge.gatewayEndpoints');
  const traffic = trafficDecision(workload, facts);
  const bandwidth = bandwidthDecision(workload, zones, facts);
  const access = accessDecision(endpoints.value as number, zones, traffic.value as number, facts);
  return {
    interfaceEndpoints: endpoints.value as number,
    gatewayEndpoints: gateways,
    availabilityZones: zones,
    gigabytesPerMonth: traffic.value as number,
    gigabitsPerSecondOfZone: bandwidth.value as number,
    access: access.value as 'endpoints' | 'nat',
    monthlyDollars: Math.min(access.inputs.endpointDollars as number, access.inputs.natDollars as number),
    decisions: [endpoints, gatewayDecision(gateways, workload, facts), traffic, bandwidth, access],
  };
}

/** Bytes per second of records on their way to the stream. */
function putBytes(workload: Workload, paymentsPerSecond: number, facts: Facts): number {
  return paymentsPerSecond * recordBytes(workload.payloadSize, paymentLayout(facts)) * facts.number('target/edge.putExpansion');
}

function endpointsDecision(zones: number, facts: Facts, services?: readonly string[]): Decision {
  const endpoints = services?.length ?? facts.number('target/edge.interfaceEndpoints');
  return Decision.derive({
    path: PATH,
    name: 'interfaceEndpoints',
    value: endpoints,
    unit: 'endpoints',
    formula: `${services === undefined ? 'Kinesis, ECR API, ECR images, CloudWatch Logs' : services.length === 0 ? '0 services' : services.join(', ')} = ${endpoints}`,
    inputs: { endpoints, zones },
    binding: 'services that a task calls and that have no gateway endpoint',
    rejected: [{ option: 'endpoints in one zone', because: `saves ${formatNumber(100 * (1 - 1 / zones))} % of the hours, and takes the API along when that zone fails` }],
    quota: quotaUse(facts, 'vpc/interfaceEndpoints.perVpc', endpoints),
    limits: { minimum: 0, because: 'a number of endpoints' },
    facts: ['target/edge.interfaceEndpoints', 'target/fargate.availabilityZones', 'vpc/interfaceEndpoints.perVpc'],
  });
}

function gatewayDecision(gateways: number, workload: Workload, facts: Facts): Decision {
  const reads = workload.average.perSecond * workload.readsPerPayment * workload.payloadSize.meanBytes;
  const gigabytes = reads * SECONDS_PER_MONTH / BILLED_GB;
  const price = facts.number('vpc/gatewayEndpoint');
  return Decision.derive({
    path: PATH,
    name: 'gatewayEndpoints',
    value: gateways,
    unit: 'endpoints',
    formula: `DynamoDB, S3 = ${gateways}`,
    inputs: { gateways, dollarsPerHour: price },
    binding: 'services that have a gateway endpoint; it costs nothing',
    rejected: [{
      option: 'interface endpoints for them',
      because: `$${formatNumber(gigabytes * facts.number('vpc/interfaceEndpoint.gb'))} a month for ${formatNumber(gigabytes)} GB of reads, and their hours`,
    }],
    facts: ['target/edge.gatewayEndpoints', 'vpc/gatewayEndpoint', 'vpc/interfaceEndpoint.gb'],
  });
}

function trafficDecision(workload: Workload, facts: Facts): Decision {
  const bytes = putBytes(workload, workload.average.perSecond, facts);
  const gigabytes = Math.round(bytes * SECONDS_PER_MONTH / BILLED_GB);
  return Decision.derive({
    path: PATH,
    name: 'gigabytesPerMonth',
    value: gigabytes,
    unit: 'GB/month',
    formula: `${formatNumber(bytes / 1e6, 6)} MB/s of records x ${formatNumber(SECONDS_PER_MONTH)} s = ${formatNumber(gigabytes)}`,
    inputs: { averagePerSecond: workload.average.perSecond, bytesPerSecond: bytes },
    binding: 'records on their way to the stream; logs are sampled and images come through the gateway of S3',
    facts: RECORD_FACTS,
  });
}

function bandwidthDecision(workload: Workload, zones: number, facts: Facts): Decision {
  const left = Math.max(1, zones - 1);
  const gigabits = 8 * putBytes(workload, workload.peak.perSecond, facts) / 1e9 / left;
  const atOnce = facts.number('vpc/interfaceEndpoint.gbpsPerZone');
  const value = Math.ceil(1000 * gigabits) / 1000;
  return Decision.derive({
    path: PATH,
    name: 'gigabitsPerSecondOfZone',
    value,
    unit: 'Gbit/s',
    formula: `${formatNumber(left * gigabits, 6)} Gbit/s / ${left} zones that are left, in steps of 0.001 = ${formatNumber(value, 6)}`,
    inputs: { paymentsPerSecond: workload.peak.perSecond, zonesLeft: left, gigabitsAtOnce: atOnce },
    binding: gigabits > atOnce ? `above the ${atOnce} Gbit/s that an endpoint has at once: it must grow before the peak` : 'records at the peak, with a zone gone',
    rejected: [{
      option: 'a NAT gateway in each zone',
      because: `up to ${facts.number('vpc/natGateway.maximumGbps')} Gbit/s in a zone, no more than an endpoint, and its price a GB is higher`,
    }],
    quota: quotaUse(facts, 'vpc/interfaceEndpoint.maximumGbpsPerZone', gigabits),
    limits: { minimum: 0, because: 'a bandwidth' },
    facts: ['vpc/natGateway.maximumGbps', 'vpc/interfaceEndpoint.gbpsPerZone', 'vpc/interfaceEndpoint.maximumGbpsPerZone', 'target/fargate.availabilityZones', ...RECORD_FACTS],
  });
}

function accessDecision(endpoints: number, zones: number, gigabytes: number, facts: Facts): Decision {
  const endpointHour = facts.number('vpc/interfaceEndpoint.hour');
  const endpointGb = facts.number('vpc/interfaceEndpoint.gb');
  const natHour = facts.number('vpc/natGateway.hour');
  const natGb = facts.number('vpc/natGateway.gb');
  const byEndpoints = HOURS_PER_MONTH * endpoints * zones * endpointHour + gigabytes * endpointGb;
  const byNat = HOURS_PER_MONTH * zones * natHour + gigabytes * natGb;
  const value = byEndpoints <= byNat ? 'endpoints' : 'nat';
  return Decision.derive({
    path: PATH,
    name: 'access',
    value,
    formula: `endpoints ${HOURS_PER_MONTH} h x ${endpoints} x ${zones} x $${endpointHour} + ${formatNumber(gigabytes)} GB x $${endpointGb} is $${formatNumber(byEndpoints)}; `
      + `NAT ${HOURS_PER_MONTH} h x ${zones} x $${natHour} + ${formatNumber(gigabytes)} GB x $${natGb} is $${formatNumber(byNat)}`,
    inputs: { endpointDollars: byEndpoints, natDollars: byNat, gigabytesPerMonth: gigabytes, zones },
    binding: 'the cheaper of the two a month',
    rejected: [{
      option: value === 'endpoints' ? 'NAT gateways' : 'interface endpoints',
      because: `$${formatNumber(Math.abs(byNat - byEndpoints))} a month more${value === 'endpoints' ? ', and a way out to the whole internet' : ''}`,
    }],
    facts: ['vpc/interfaceEndpoint.hour', 'vpc/interfaceEndpoint.gb', 'vpc/natGateway.hour', 'vpc/natGateway.gb', 'target/edge.interfaceEndpoints',
      'target/fargate.availabilityZones', ...RECORD_FACTS],
  });
}
