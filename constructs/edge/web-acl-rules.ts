import type * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import type { WebAclRules, WebAclSizing } from '../../lib/sizing';
import { greaterThanPattern } from './content-length';
import { HTTP_STATUS } from './http';

type Rule = wafv2.CfnWebACL.RuleProperty;
type Statement = wafv2.CfnWebACL.StatementProperty;

/** Header in which CloudFront proves itself. */
export const ORIGIN_SECRET_HEADER = 'x-origin-secret';

/** Header in which CloudFront tells the address of a viewer. It is believed only where CloudFront has proved itself. */
export const VIEWER_ADDRESS_HEADER = 'x-viewer-address';

/** Keys of the bodies of answers. */
export const RESPONSE_BODY = { tooManyRequests: 'TooManyRequests', contentTooLarge: 'ContentTooLarge' } as const;

const BODY_RULE = 'SizeRestrictions_BODY';
const BODY_LABEL = 'awswaf:managed:aws:core-rule-set:SizeRestrictions_Body';

/** What the rules of a public edge are made of. */
export interface WebAclRuleInput {
  /** Requests in a window from which an address is blocked. */
  readonly addressLimit: number;
  /** Requests in a window from which an API key is blocked. */
  readonly keyLimit: number;
  /** Seconds over which rates count. */
  readonly windowSeconds: number;
  /** Header of API keys; undefined where there are none. */
  readonly apiKeyHeader?: string;
  /** Paths whose bodies may be longer than what the web ACL sees. */
  readonly largeBodyPaths: readonly string[];
  /** Bytes of such a body. */
  readonly largestBodyBytes: number;
  /** Whether other bodies must fit into what the web ACL sees. */
  readonly limitsBodies: boolean;
  /** Countries whose requests are blocked. */
  readonly blockedCountries: readonly string[];
  /** Beginnings of paths that browsers ask for. */
  readonly browserPaths: readonly string[];
  /** Rules of the core rule set that count in place of blocking. */
  readonly countedRules: readonly string[];
  /** What CloudFront proves itself with; empty where it does not stand in front. */
  readonly originSecrets: readonly string[];
}

/** What the rules have beside those that every public edge is sized with. */
export function countRules(input: Omit<WebAclRuleInput, 'addressLimit' | 'keyLimit' | 'windowSeconds' | 'limitsBodies'>): WebAclRules {
  const optional = [input.originSecrets, input.blockedCountries, input.browserPaths, input.largeBodyPaths].filter((it) => it.length > 0).length;
  return {
    stringMatches: input.originSecrets.length + input.browserPaths.length + input.largeBodyPaths.length,
    patternMatches: input.largeBodyPaths.length > 0 ? 1 : 0,
    countryMatches: input.blockedCountries.length > 0 ? 1 : 0,
    labelMatches: 1,
    rules: optional,
  };
}

/** The rules of a public edge, in the order in which requests meet them: what is cheapest to tell comes first. */
export function publicRules(input: WebAclRuleInput): Rule[] {
  const behindCdn = input.originSecrets.length > 0;
  // A header that CloudFront wrote. Without CloudFront, headers are what a client makes of them.
  const forwarded = behindCdn ? { headerName: VIEWER_ADDRESS_HEADER, fallbackBehavior: 'MATCH' } : undefined;
  const rules: (Omit<Rule, 'priority' | 'visibilityConfig'> | undefined)[] = [
    behindCdn ? block('OriginOnly', not(any(input.originSecrets.map(originSecret)))) : undefined,
    input.blockedCountries.length > 0
      ? block('BlockedCountries', { geoMatchStatement: { countryCodes: [...input.blockedCountries], forwardedIpConfig: forwarded } }) : undefined,
    managed('IpReputation', 'AWSManagedRulesAmazonIpReputationList'),
    rate('RatePerAddress', {
      limit: input.addressLimit,
      evaluationWindowSec: input.windowSeconds,
      ...(forwarded === undefined ? { aggregateKeyType: 'IP' } : { aggregateKeyType: 'FORWARDED_IP', forwardedIpConfig: forwarded }),
    }, input.windowSeconds),
    input.apiKeyHeader === undefined ? undefined : rate('RatePerKey', {
      limit: input.keyLimit,
      evaluationWindowSec: input.windowSeconds,
      aggregateKeyType: 'CUSTOM_KEYS',
      customKeys: [{ header: { name: input.apiKeyHeader, textTransformations: AS_IT_CAME } }],
    }, input.windowSeconds),
    managed('KnownBadInputs', 'AWSManagedRulesKnownBadInputsRuleSet'),
    managed('Common', 'AWSManagedRulesCommonRuleSet', [...new Set([BODY_RULE, ...input.countedRules])]),
    input.limitsBodies ? block('BodySize', all([
      { labelMatchStatement: { scope: 'LABEL', key: BODY_LABEL } },
      ...(input.largeBodyPaths.length > 0 ? [not(any(input.largeBodyPaths.map((path) => pathMatch(path, 'EXACTLY'))))] : []),
    ]), tooLarge()) : undefined,
    input.largeBodyPaths.length > 0 ? block('BatchBodySize', all([
      any(input.largeBodyPaths.map((path) => pathMatch(path, 'EXACTLY'))),
      longerThan(input.largestBodyBytes),
    ]), tooLarge()) : undefined,
    input.browserPaths.length > 0
      ? { name: 'Challenge', action: { challenge: {} }, statement: any(input.browserPaths.map((path) => pathMatch(path, 'STARTS_WITH'))) } : undefined,
  ];
  return rules.filter((it) => it !== undefined).map((rule, priority) => ({ ...rule, priority, visibilityConfig: visibility(rule.name) }));
}

/**
 * Metrics, and no sampled requests: those show headers as they came, tokens among them, and take no redaction.
 */
export function visibility(metricName: string): wafv2.CfnWebACL.VisibilityConfigProperty {
  return { metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false };
}

/** Whether a web ACL limits bodies to what it sees: not where even single payments are longer. */
export function limitsBodies({ decisions }: WebAclSizing): boolean {
  return decisions.some(({ name, value }) => name === 'bodySizeRule' && value !== 'nowhere');
}

const AS_IT_CAME = [{ priority: 0, type: 'NONE' }];

function block(name: string, statement: Statement, customResponse?: wafv2.CfnWebACL.CustomResponseProperty): Omit<Rule, 'priority' | 'visibilityConfig'> {
  return { name, statement, action: { block: customResponse === undefined ? {} : { customResponse } } };
}

function rate(name: string, statement: wafv2.CfnWebACL.RateBasedStatementProperty, seconds: number): Omit<Rule, 'priority' | 'visibilityConfig'> {
  return block(name, { rateBasedStatement: statement }, {
    responseCode: HTTP_STATUS.tooManyRequests,
    customResponseBodyKey: RESPONSE_BODY.tooManyRequests,
    responseHeaders: [{ name: 'retry-after', value: String(seconds) }],
  });
}

function tooLarge(): wafv2.CfnWebACL.CustomResponseProperty {
  return { responseCode: HTTP_STATUS.contentTooLarge, customResponseBodyKey: RESPONSE_BODY.contentTooLarge };
}

function managed(name: string, group: string, counted: readonly string[] = []): Omit<Rule, 'priority' | 'visibilityConfig'> {
  return {
    name,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name: group,
        ruleActionOverrides: counted.length === 0 ? undefined : counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
      },
    },
  };
}

function originSecret(secret: string): Statement {
  return {
    byteMatchStatement: {
      fieldToMatch: { singleHeader: { Name: ORIGIN_SECRET_HEADER } },
      positionalConstraint: 'EXACTLY',
      searchString: secret,
      textTransformations: AS_IT_CAME,
    },
  };
}

function pathMatch(path: string, positionalConstraint: string): Statement {
  return { byteMatchStatement: { fieldToMatch: { uriPath: {} }, positionalConstraint, searchString: path, textTransformations: AS_IT_CAME } };
}

/**
 * The web ACL sees the first bytes of a body alone, so that a size of more than those is told by the header only. Where a request does not state its
 * length, the API counts as it reads.
 */
function longerThan(bytes: number): Statement {
  return {
    regexMatchStatement: {
      fieldToMatch: { singleHeader: { Name: 'content-length' } },
      regexString: greaterThanPattern(bytes),
      textTransformations: AS_IT_CAME,
    },
  };
}

function not(statement: Statement): Statement {
  return { notStatement: { statement } };
}

function any(statements: readonly Statement[]): Statement {
  return statements.length === 1 ? statements[0] : { orStatement: { statements: [...statements] } };
}

function all(statements: readonly Statement[]): Statement {
  return statements.length === 1 ? statements[0] : { andStatement: { statements: [...statements] } };
}
