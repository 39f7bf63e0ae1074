const FACTORS: Readonly<Record<string, number>> = {
  '': 1, 'm': 1e-3, 'k': 1e3, 'M': 1e6, 'G': 1e9, 'T': 1e12, 'Ki': 2 ** 10, 'Mi': 2 ** 20, 'Gi': 2 ** 30, 'Ti': 2 ** 40,
};

/**
 * A quantity of Kubernetes as a number: `500m` is 0.5, `1Gi` 1,073,741,824.
 *
 * @returns undefined for what is none
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function quantityOf(value: unknown): number | undefined {
  if (typeof value === 'number') {
    return value;
  }
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(value) : null;
  const factor = match === null ? undefined : FACTORS[match[2]];
  return factor === undefined ? undefined : Number(match![1]) * factor;
}

/** A duration of Kubernetes and Go in seconds: `1h30m`, `500ms`. @returns undefined for what is none */
export function secondsOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^(\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(value)) {
    return undefined;
  }
  const units: Readonly<Record<string, number>> = { ms: 1e-3, s: 1, m: 60, h: 3600 };
  return [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit], 0);
}
