import { CircuitBreaker } from '../../../lambdas/runtime';

const breaker = new CircuitBreaker({ minimumCalls: 2, openMilliseconds: 1_000 });

function call(failed: number): string {
  const admission = breaker.admit();
  if (admission === undefined) {
    return 'left alone';
  }
  breaker.report(admission, failed);
  return breaker.state;
}

export const answer = [call(0), call(1), call(1)]; // ["closed","open","left alone"]
