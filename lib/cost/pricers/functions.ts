import { SECONDS_PER_MONTH } from '../../sizing/monthly-cost';
import { assumed, declared, times } from '../amount';
import { functionUsage, memoryOf } from '../usage/functions';
import { listOf, numberOf } from '../usage/properties';
import { charge, flowing, hourly, type Pricer, steadyShare } from './pricer';

const MIB_PER_GB = 1024;
const INCLUDED_STORAGE = 'lambda/tmp.includedMB';

/** Functions: calls, and the time that they take by their memory. */
export const functionPricer: Pricer = {
  types: ['AWS::Lambda::Function'],
  price(resource, model) {
    const { invocationsPerSecond, busySeconds } = functionUsage(model, resource);
    const architecture = listOf(resource, 'Architectures').includes('arm64') ? 'arm' : 'x86';
    const memory = memoryOf(model, resource);
    const included = model.facts(resource).number(INCLUDED_STORAGE);
    const storage = Math.max(0, (numberOf(resource, 'EphemeralStorage.Size') ?? included) - included);
    return [
      flowing(resource, 'invocations', 'lambda.requests', invocationsPerSecond),
      flowing(resource, 'duration', `lambda.${architecture}.gigabyteSeconds`, times(busySeconds, memory / MIB_PER_GB, `${busySeconds.why}; ${memory} MiB`),
        { commitment: { plan: 'lambdaSavingsPlan', steadyShare: steadyShare(model) } }),
      ...(storage > 0 ? [flowing(resource, 'storage', 'lambda.storage.gigabyteSeconds', times(busySeconds, storage / MIB_PER_GB))] : []),
      ...(invocationsPerSecond.value * SECONDS_PER_MONTH > 1 && invocationsPerSecond.kind !== 'declared'
        ? [charge(resource, 'own metrics', 'cloudwatch.metrics', model.assume('customMetrics', 'metrics that a function writes'))] : []),
    ];
  },
};

/** Mappings: event pollers of a provisioned Kafka mapping, and metrics of events. What Lambda reads of streams and tables costs nothing. */
export const mappingPricer: Pricer = {
  types: ['AWS::Lambda::EventSourceMapping'],
  price(resource, model) {
    const pollers = numberOf(resource, 'ProvisionedPollerConfig.MinimumPollers');
    return [
      ...(listOf(resource, 'MetricsConfig.Metrics').length > 0
        ? [charge(resource, 'metrics of events', 'cloudwatch.metrics', assumed(model.assumption('mappingMetrics'), 'metrics of a mapping (target/cost.mappingMetrics)'))] : []),
      ...(pollers === undefined ? [] : [hourly(resource, 'event pollers', 'lambda.pollerHours', declared(pollers, '`MinimumPollers` of the template'))]),
    ];
  },
};

/** Aliases: environments that are kept warm. */
export const aliasPricer: Pricer = {
  types: ['AWS::Lambda::Alias', 'AWS::Lambda::Version'],
  price(resource, model) {
    const kept = numberOf(resource, 'ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions') ?? 0;
    const [named] = model.references.from(resource, /^FunctionName/);
    if (kept === 0 || named === undefined) {
      return [];
    }
    const architecture = listOf(named.to, 'Architectures').includes('arm64') ? 'arm' : 'x86';
    const gigabytes = kept * memoryOf(model, named.to) / MIB_PER_GB;
    return [flowing(resource, 'environments kept warm', `lambda.${architecture}.keptGigabyteSeconds`, declared(gigabytes, `${kept} environments of the template`))];
  },
};
