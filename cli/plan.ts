import { SizingPlan } from '../lib/sizing';
import { readPlansByRegion } from './plans-by-region';

/**
 * The decisions that the templates of an assembly carry.
 *
 * @throws AssemblyError when there are none.
 */
export function readPlan(folder: string): SizingPlan {
  return new SizingPlan(readPlansByRegion(folder, undefined).flatMap(({ decisions }) => decisions));
}
