import type { Rule } from '../../rule';
import { budgetAmount } from './budget-amount';
import { untaggedCost } from './untagged-cost';

export const COST_RULES: readonly Rule[] = [budgetAmount, untaggedCost];
