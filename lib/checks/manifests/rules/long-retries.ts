import { numberAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';
import { secondsOf } from '../quantity';

/** What Envoy Gateway does where nobody says otherwise. */
const USUAL_RETRIES = 2;

export const longRetries: ManifestRule = {
  id: 'HT-KUBERNETES-030',
  severity: 'error',
  what: 'All attempts together take longer than a client waits, or retries have no budget.',
  why: 'The client sends again while the gateway still tries; in trouble retries become most of the load.',
  fix: 'Let attempts x timeout end before the client does, and set a retry budget.',
  source: 'https://gateway.envoyproxy.io/docs/tasks/traffic/retry/',
  *check(set) {
    const client = set.facts.number('target/gateway.clientTimeoutSeconds');
    for (const object of set.ofKind('BackendTrafficPolicy').filter((it) => valueAt(it, 'spec.retry') !== undefined)) {
      const attempts = 1 + (numberAt(object, 'spec.retry.numRetries') ?? USUAL_RETRIES);
      const each = secondsOf(valueAt(object, 'spec.retry.perRetry.timeout'));
      const all = secondsOf(valueAt(object, 'spec.timeout.http.requestTimeout')) ?? (each === undefined ? undefined : attempts * each);
      if (all === undefined || all > client || (each !== undefined && attempts * each > client)) {
        yield { object, path: 'spec.retry', message: `${attempts} attempts of ${each ?? 'any number of'} s, ${all ?? 'any number of'} s in all; a client waits ${client} s` };
      }
      if (valueAt(object, 'spec.circuitBreaker.retryBudget') === undefined && valueAt(object, 'spec.circuitBreaker.maxParallelRetries') === undefined) {
        yield { object, path: 'spec.circuitBreaker', message: 'retries have no budget' };
      }
    }
  },
};
