import type { ManifestRule } from '../manifest-rule';

const LUHN_BASE = 10;

function hasEntries(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** Path of the first text that has the form and the check digit of a card number (ISO/IEC 7812-1). */
function cardNumberIn(value: unknown, path: string): string | undefined {
  if (typeof value === 'string') {
    const found = [...value.matchAll(/(?<![0-9A-Za-z])\d(?:[ -]?\d){12,18}(?![0-9A-Za-z])/g)].some(([text]) => passesLuhn(text.replace(/\D/g, '')));
    return found ? path : undefined;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  for (const [name, part] of Object.entries(value)) {
    const found = cardNumberIn(part, path === '' ? name : `${path}.${name}`);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (value >= LUHN_BASE ? value - LUHN_BASE + 1 : value);
  }, 0);
  return sum % LUHN_BASE === 0;
}

export const literalSecret: ManifestRule = {
  id: 'HT-KUBERNETES-032',
  severity: 'error',
  what: 'A manifest holds a secret or a card number.',
  why: 'It is in the history of the repository for ever, and in every backup of the cluster.',
  fix: 'Let an operator fill secrets from a vault; never write card numbers anywhere.',
  source: 'https://kubernetes.io/docs/concepts/configuration/secret/#information-security-for-secrets',
  *check(set) {
    for (const object of set.objects) {
      if (object.kind === 'Secret' && (hasEntries(object.data) || hasEntries(object.stringData))) {
        yield { object, path: 'data', message: 'it holds values' };
      }
      const path = cardNumberIn(object, '');
      if (path !== undefined) {
        yield { object, path, message: 'there is a card number' };
      }
    }
  },
};
