import type { Rule } from '../../rule';
import { bodySizeRule } from './body-size-rule';
import { gatewayThrottle } from './gateway-throttle';
import { impatientEdge } from './impatient-edge';
import { outdatedTls } from './outdated-tls';
import { partnerInspection } from './partner-inspection';
import { plainHttp } from './plain-http';
import { rateRuleLimit } from './rate-rule-limit';
import { sessionAffinity } from './session-affinity';
import { slowDraining } from './slow-draining';

export const EDGE_RULES: readonly Rule[] = [
  bodySizeRule, partnerInspection, rateRuleLimit, impatientEdge, slowDraining, plainHttp, gatewayThrottle, outdatedTls,
  sessionAffinity,
];
