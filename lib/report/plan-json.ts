import { SizingPlan } from '../sizing';

/**
 * A plan as JSON text:
 * `{"decisions":[{"path","name","value","unit","formula","inputs","binding","rejected","headroom","quota","facts","origin"}]}`.
 * `headroom` and `quota` are null where a value has none; `derived` and `band` are there where there is something to tell.
 */
export function renderPlanJson(plan: SizingPlan): string {
  const decisions = plan.toJSON().decisions.map((decision) => {
    const { path, name, value, unit, formula, inputs, binding, rejected, headroom, quota, facts, ...more } = decision;
    return { path, name, value, unit, formula, inputs, binding, rejected, headroom: headroom ?? null, quota: quota ?? null, facts, ...more };
  });
  return `${JSON.stringify({ decisions }, undefined, 2)}\n`;
}
