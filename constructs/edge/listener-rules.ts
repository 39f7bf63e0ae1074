import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { ApiAuth } from './api-auth';
import type { ApiRoute } from './api-route';
import { HTTP_STATUS, problemText } from './http';

/** The rules of a listener: what goes to the tier, on which condition, and what is answered here. */
export class ListenerRules {
  /** The answer to what is not there. */
  static notFound(): elbv2.ListenerAction {
    return elbv2.ListenerAction.fixedResponse(HTTP_STATUS.notFound, {
      contentType: 'application/json',
      messageBody: problemText(HTTP_STATUS.notFound, 'Not Found', 'There is nothing here.'),
    });
  }

  private priority = 0;

  constructor(private readonly listener: elbv2.ApplicationListener, private readonly targetGroup: elbv2.ApplicationTargetGroup) {}

  /** Lets routes through. With `auth`, requests need a token with the route's scope, or come with an API key, which the API looks up. */
  letThrough(routes: readonly ApiRoute[], auth?: ApiAuth): void {
    for (const route of routes) {
      const matches = [
        elbv2.ListenerCondition.pathPatterns([...route.paths]),
        ...(route.methods === undefined ? [] : [elbv2.ListenerCondition.httpRequestMethods([...route.methods])]),
      ];
      if (auth?.apiKeyHeader !== undefined && auth.atLoadBalancer) {
        this.add(`${route.name}ByKey`, [...matches, elbv2.ListenerCondition.httpHeader(auth.apiKeyHeader, ['*'])], this.forward());
      }
      this.add(route.name, matches, auth === undefined ? this.forward() : auth.admit(route, this.forward()));
    }
  }

  /** Lets everything through but some paths. */
  hide(paths: readonly string[]): void {
    this.add('Hidden', [elbv2.ListenerCondition.pathPatterns([...paths])], ListenerRules.notFound());
    this.listener.addAction('Forward', { action: this.forward() });
  }

  private forward(): elbv2.ListenerAction {
    return elbv2.ListenerAction.forward([this.targetGroup]);
  }

  private add(id: string, conditions: elbv2.ListenerCondition[], action: elbv2.ListenerAction): void {
    this.priority += 1;
    this.listener.addAction(id, { priority: this.priority, conditions, action });
  }
}
