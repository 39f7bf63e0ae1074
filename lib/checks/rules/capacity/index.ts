import type { Rule } from '../../rule';
import { hardLimit } from './hard-limit';
import { idleScaling } from './idle-scaling';
import { overrideBelowNeed } from './override-below-need';
import { quotaRaise } from './quota-raise';
import { resetCount } from './reset-count';
import { unscaledService } from './unscaled-service';

export const CAPACITY_RULES: readonly Rule[] = [
  overrideBelowNeed, hardLimit, quotaRaise, idleScaling, resetCount, unscaledService,
];
