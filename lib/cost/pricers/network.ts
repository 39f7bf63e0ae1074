import { BILLED_GB } from '../../sizing/monthly-cost';
import { type Amount, declared, times, weakest } from '../amount';
import { listOf, textOf } from '../usage/properties';
import { streamUsage } from '../usage/streams';
import type { TopologyResource } from '../../topology';
import { text, writersOf } from '../usage/traffic';
import type { UsageModel } from '../usage/usage-model';
import { flowing, hourly, one, type Pricer } from './pricer';

/** NAT gateways: hours, and what passes them. */
export const natPricer: Pricer = {
  types: ['AWS::EC2::NatGateway'],
  price: (resource, model) => [
    hourly(resource, 'hours', 'nat.hours', one()),
    flowing(resource, 'data', 'nat.gigabytes', model.use(resource, 'gigabytesPerSecond', () => rareGigabytes(model, 'calls to the internet'))),
  ],
};

/** Public addresses. */
export const addressPricer: Pricer = {
  types: ['AWS::EC2::EIP'],
  price: (resource) => [hourly(resource, 'public address', 'publicAddress.hours', one())],
};

/** Interface endpoints: an hour in each zone, and what passes them. Those for gateways cost nothing. */
export const endpointPricer: Pricer = {
  types: ['AWS::EC2::VPCEndpoint'],
  price(resource, model) {
    if (textOf(resource, 'VpcEndpointType') !== 'Interface') {
      return [];
    }
    const zones = Math.max(1, listOf(resource, 'SubnetIds').length);
    return [
      hourly(resource, 'zones', 'endpoint.hours', declared(zones, '`SubnetIds` of the template')),
      flowing(resource, 'data', 'endpoint.gigabytes', model.use(resource, 'gigabytesPerSecond', () => endpointGigabytes(resource, model))),
    ];
  },
};

/** Records of tasks inside the network pass the endpoint of the stream; what else is called there is little. */
function endpointGigabytes(resource: TopologyResource, model: UsageModel): Amount {
  if (textOf(resource, 'ServiceName')?.endsWith('.kinesis-streams') !== true) {
    return rareGigabytes(model, 'calls of a service that the payments do not pass');
  }
  const facts = model.facts(resource);
  const expansion = facts.number('target/edge.putExpansion');
  const written = model.topology.ofType('AWS::Kinesis::Stream')
    .filter((it) => writersOf(model, it).some(({ writer }) => isInside(writer)))
    .map((it) => streamUsage(model, it).bytesPerSecond);
  const bytes = written.reduce((sum, { value }) => sum + value, 0);
  return {
    value: bytes * expansion / BILLED_GB,
    kind: weakest(...written.map(({ kind }) => kind), 'derived'),
    why: `${text(bytes)} B/s of records to ${written.length} streams x ${expansion} for base64 and requests`,
  };
}

/** Whether a writer lies in the network: tasks always, functions where they are told to. */
function isInside(writer: TopologyResource): boolean {
  return writer.type === 'AWS::ECS::TaskDefinition' || writer.properties.VpcConfig !== undefined;
}

function rareGigabytes(model: UsageModel, what: string): Amount {
  const calls = model.assume('rareCallsPerSecond', what);
  return times(calls, model.assumption('callBytes') / BILLED_GB);
}
