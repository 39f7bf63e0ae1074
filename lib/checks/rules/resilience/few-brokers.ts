import type { Finding, Rule } from '../../rule';
import { listOf, numberOf, objectOf } from '../../views/values';

export const fewBrokers: Rule = {
  id: 'HT-RESILIENCE-005',
  severity: 'warning',
  what: 'A Kafka cluster cannot lose a broker and go on writing.',
  why: 'With two copies, of which both must be in sync, every restart of a broker stops the producers; with one in sync a second fault loses what was acknowledged.',
  fix: 'Spread the brokers over three zones: three client subnets, and a multiple of three brokers.',
  source: 'https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html',
  *check(context): Iterable<Finding> {
    for (const resource of context.topology.ofType('AWS::MSK::Cluster')) {
      const zones = listOf(objectOf(resource.properties.BrokerNodeGroupInfo).ClientSubnets).length;
      const brokers = numberOf(resource.properties.NumberOfBrokerNodes) ?? zones;
      const needed = context.factsFor(resource).number('target/check.kafkaZones');
      if (zones > 0 && (zones < needed || brokers < needed)) {
        yield { resource, property: 'Properties.BrokerNodeGroupInfo.ClientSubnets', message: `it has ${brokers} brokers in ${zones} zones` };
      }
    }
  },
};
