import { SizingPlan } from '../sizing';

/**
 * A plan as JSON text:
 * `{"decisions":[{"path","name","value","unit","formula","inputs","binding","rejected","headroom","quota","facts","origin"}]}`.
 */
export function renderPlanJson(plan: SizingPlan): string {
  return `${JSON.stringify(plan, undefined, 2)}\n`;
}
