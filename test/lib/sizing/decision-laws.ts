import { type Facts } from '../../../lib/facts';
import { type Decision } from '../../../lib/sizing';

/** What every decision of every model keeps; empty where it keeps all of it, else what is wrong. */
export function brokenLaws(decision: Decision, facts: Facts): string[] {
  const { value, formula, binding, rejected, inputs, headroom, quota, limits, band } = decision;
  const broken = (law: string, holds: boolean): string[] => (holds ? [] : [`${decision.path}/${decision.name} = ${String(value)}: ${law}`]);
  return [
    ...broken('a formula with numbers', /\d/.test(formula) && !/NaN|undefined|Infinity/.test(formula)),
    ...broken(`a formula that ends with the value: ${formula}`, typeof value !== 'number' || !/ = /.test(formula) || endsWithValue(formula, value)),
    ...broken('something that holds it', binding !== '' && !/NaN|undefined|Infinity/.test(binding)),
    ...broken('reasons with figures', rejected.every(({ because }) => because !== '' && !/NaN|undefined|Infinity/.test(because))),
    ...broken('finite inputs', Object.values(inputs).every((it) => typeof it === 'string' || Number.isFinite(it))),
    ...broken('a finite value of 0 or more', typeof value !== 'number' || (Number.isFinite(value) && value >= 0)),
    ...broken('a value within its limits', typeof value !== 'number' || (value >= (limits?.minimum ?? 0) && value <= (limits?.maximum ?? Infinity))),
    ...broken('headroom of 0 to 1', headroom === undefined || (headroom >= 0 && headroom <= 1)),
    ...broken('a known quota', quota === undefined || (quota.value === facts.number(quota.id) && decision.facts.includes(quota.id) && quota.used >= 0)),
    ...broken('no band without uncertainty', band === undefined),
  ];
}

function endsWithValue(formula: string, value: number): boolean {
  return formula.replace(/,/g, '').replace(/ with [^=]*$/, '').endsWith(`= ${value}`);
}
