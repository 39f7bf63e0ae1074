import type { Rule } from '../../rule';
import { deploysByRolling, replicaServices } from '../../views/tasks';
import { flagOf, objectOf } from '../../views/values';

export const noRollback: Rule = {
  id: 'HT-RESILIENCE-006',
  severity: 'warning',
  what: 'A deployment that fails is not taken back.',
  why: 'ECS starts tasks that do not get ready again and again, for up to three hours, and the stack hangs in between, where it can be neither updated nor left.',
  fix: 'Set DeploymentConfiguration.DeploymentCircuitBreaker with Enable and Rollback, or deployment alarms with Rollback.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html',
  *check(context) {
    for (const resource of replicaServices(context).filter(deploysByRolling)) {
      const configuration = objectOf(resource.properties.DeploymentConfiguration);
      const rollsBack = [configuration.DeploymentCircuitBreaker, configuration.Alarms].map(objectOf)
        .some((it) => flagOf(it.Enable) === true && flagOf(it.Rollback) === true);
      if (!rollsBack) {
        yield { resource, property: 'Properties.DeploymentConfiguration.DeploymentCircuitBreaker', message: 'nothing ends and takes back a deployment that fails' };
      }
    }
  },
};
