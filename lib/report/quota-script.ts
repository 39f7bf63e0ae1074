import { formatNumber } from '../sizing';
import type { QuotaPlan, QuotaRaise } from '../sizing/quota-plan';

/** Asks for quotas whose code is known. A value of Service Quotas is a decimal fraction, so awk compares it. */
const RAISE = `# current SERVICE CODE REGION: what the account has, else the default of AWS.
current() {
  aws service-quotas get-service-quota --service-code "$1" --quota-code "$2" --region "$3" \\
    --query 'Quota.Value' --output text 2>/dev/null ||
    aws service-quotas get-aws-default-service-quota --service-code "$1" --quota-code "$2" --region "$3" \\
      --query 'Quota.Value' --output text
}

# raise SERVICE CODE VALUE REGION: asks for VALUE, unless the account has as much.
raise() {
  if ! now=$(current "$1" "$2" "$4"); then
    echo "$1 $2 in $4: its value cannot be read" >&2
    failed=1
  elif awk -v now="$now" -v needed="$3" 'BEGIN { exit !(now + 0 >= needed + 0) }'; then
    echo "$1 $2 in $4: $now is enough"
  elif aws service-quotas request-service-quota-increase --service-code "$1" --quota-code "$2" \\
    --desired-value "$3" --region "$4" --output text --query 'RequestedQuota.Status'; then
    echo "$1 $2 in $4: asked for $3 instead of $now"
  else
    echo "$1 $2 in $4: the request for $3 failed; one may be open already" >&2
    failed=1
  fi
}`;

/** Tells of the others. */
const BY_HAND = `# by_hand SERVICE REGION TEXT: a quota whose code is not known; lists those of the service that can be raised.
by_hand() {
  echo "By hand, in $2: $3" >&2
  if [ -n "$1" ]; then
    aws service-quotas list-service-quotas --service-code "$1" --region "$2" \\
      --query 'Quotas[?Adjustable].[QuotaCode,QuotaName,Value]' --output text >&2 || failed=1
  fi
}`;

/**
 * A POSIX shell script that asks AWS for the raises of plans, one for each region. It asks only where an account has less, says what it did, and
 * ends with 1 when a request could not be made. It needs the AWS CLI with the rights `servicequotas:Get*`, `List*` and
 * `RequestServiceQuotaIncrease`.
 */
export function renderQuotaScript(plans: readonly QuotaPlan[]): string {
  const raises = plans.flatMap((plan) => plan.raises);
  const functions = [
    ...(raises.some((it) => isKnown(it)) ? [RAISE, ''] : []),
    ...(raises.some((it) => !isKnown(it)) ? [BY_HAND, ''] : []),
  ];
  return [
    '#!/bin/sh',
    '# Asks AWS for the quotas that a deployment needs, unless the account has them already.',
    'set -eu',
    '',
    ...(raises.length === 0 ? ['echo "No quota must be raised."'] : ['failed=0', '', ...functions, ...raises.flatMap((it) => call(it)), 'exit "$failed"']),
    '',
  ].join('\n');
}

function call(raise: QuotaRaise): string[] {
  const { id, serviceCode, quotaCode, needed, region, used, now, unit } = raise;
  const purpose = `${id}: ${formatNumber(Math.ceil(used))} ${unit} used at the peak, ${formatNumber(now)} by default`;
  if (isKnown(raise)) {
    return [comment(purpose), `raise ${[serviceCode, quotaCode, String(needed), region].map((it) => quoted(it ?? '')).join(' ')}`, ''];
  }
  const where = serviceCode === undefined
    ? 'open a support case of type "Service limit increase"'
    : 'choose one of the quotas below, or open a support case of type "Service limit increase"';
  return [comment(purpose), `by_hand ${[serviceCode ?? '', region, `${id}: ask for ${needed} ${unit}; ${where}`].map(quoted).join(' ')}`, ''];
}

/** Whether the script can ask for it. */
function isKnown({ serviceCode, quotaCode }: QuotaRaise): boolean {
  return serviceCode !== undefined && quotaCode !== undefined;
}

/** A comment must not end early. */
function comment(text: string): string {
  return `# ${text.replace(/\s+/g, ' ')}`;
}

/** A text that the shell takes as it is. */
function quoted(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}
