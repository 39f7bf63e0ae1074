import type { Rule } from '../../rule';
import { auditLock } from './audit-lock';
import { customerKey } from './customer-key';
import { logRetention } from './log-retention';
import { openPolicy } from './open-policy';
import { plaintextSecret } from './plaintext-secret';
import { publicFunctionUrl } from './public-function-url';
import { unboundPermission } from './unbound-permission';
import { unredactedLog } from './unredacted-log';

export const SECURITY_RULES: readonly Rule[] = [
  plaintextSecret, openPolicy, unboundPermission, logRetention, publicFunctionUrl, customerKey, auditLock, unredactedLog,
];
