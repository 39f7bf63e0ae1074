import { property } from '../usage/properties';
import { charge, flowing, one, type Pricer } from './pricer';

/** Records of names: queries of those that are no alias; aliases of load balancers and the like cost nothing. */
export const recordPricer: Pricer = {
  types: ['AWS::Route53::RecordSet'],
  price: (resource, model) => (property(resource, 'AliasTarget') === undefined
    ? [flowing(resource, 'queries', 'dns.queries', model.use(resource, 'queriesPerSecond', () => model.assume('rareCallsPerSecond', 'queries that no resolver has an answer for')))]
    : []),
};

/** Zones of names. */
export const zonePricer: Pricer = {
  types: ['AWS::Route53::HostedZone'],
  price: (resource) => [charge(resource, 'hosted zone', 'dns.zones', one())],
};

/** Checks of whether an endpoint answers. */
export const healthCheckPricer: Pricer = {
  types: ['AWS::Route53::HealthCheck'],
  price: (resource) => [charge(resource, 'health check', 'dns.healthChecks', one())],
};
