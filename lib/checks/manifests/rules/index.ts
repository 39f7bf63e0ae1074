import type { ManifestRule } from '../manifest-rule';
import { abruptEnd } from './abrupt-end';
import { accountToken } from './account-token';
import { capabilities } from './capabilities';
import { danglingReference } from './dangling-reference';
import { defaultDeny } from './default-deny';
import { disruptionBudget } from './disruption-budget';
import { hostAccess } from './host-access';
import { idleWorkers } from './idle-workers';
import { imageDigest } from './image-digest';
import { latestImage } from './latest-image';
import { listenerEncryption } from './listener-encryption';
import { literalSecret } from './literal-secret';
import { longRetries } from './long-retries';
import { memoryLimit } from './memory-limit';
import { missingProbes } from './missing-probes';
import { missingRequests } from './missing-requests';
import { narrowSpot } from './narrow-spot';
import { nodeLimits } from './node-limits';
import { ownAccount } from './own-account';
import { plainMesh } from './plain-mesh';
import { podSecurityLabels } from './pod-security-labels';
import { priorityClass } from './priority-class';
import { privilegeEscalation } from './privilege-escalation';
import { refusedByOperator } from './refused-by-operator';
import { rootUser } from './root-user';
import { systemCalls } from './system-calls';
import { tightBreaker } from './tight-breaker';
import { triggerText } from './trigger-text';
import { twoAutoscalers } from './two-autoscalers';
import { unboundedPool } from './unbounded-pool';
import { writableRoot } from './writable-root';
import { zoneExclusion } from './zone-exclusion';
import { zoneSpread } from './zone-spread';

/** All rules on manifests, in the order of their ids. */
export const MANIFEST_RULES: readonly ManifestRule[] = [
  imageDigest,
  latestImage,
  missingRequests,
  memoryLimit,
  missingProbes,
  abruptEnd,
  rootUser,
  writableRoot,
  privilegeEscalation,
  capabilities,
  systemCalls,
  hostAccess,
  accountToken,
  ownAccount,
  disruptionBudget,
  zoneSpread,
  zoneExclusion,
  priorityClass,
  podSecurityLabels,
  defaultDeny,
  danglingReference,
  twoAutoscalers,
  idleWorkers,
  triggerText,
  nodeLimits,
  unboundedPool,
  narrowSpot,
  listenerEncryption,
  tightBreaker,
  longRetries,
  plainMesh,
  literalSecret,
  refusedByOperator,
];
