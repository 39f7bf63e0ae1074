import { Fn, Names, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { type Decision, sizeWebAcl, type WebAclSizing } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { factsFor } from '../limits';
import { ALARM_PERIOD, type AlarmOptions, AlarmSet } from '../observability/alarm-set';
import { recordDecisions } from '../sizing-metadata';
import { HTTP_STATUS, problemText } from './http';
import type { WebAclLog } from './web-acl-log';
import { countRules, limitsBodies, ORIGIN_SECRET_HEADER, publicRules, RESPONSE_BODY, visibility } from './web-acl-rules';

/** Properties of `PublicWebAcl`. */
export interface PublicWebAclProps {
  /** What the cell must carry. */
  readonly workload: Workload;
  /** Limits that the size rests on. */
  readonly facts?: Facts;
  /** What the web ACL stands in front of. */
  readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  /** Where it writes what it refused. */
  readonly log: WebAclLog;
  /** Whether it writes down requests that it let through as well. */
  readonly logAllRequests: boolean;
  /** Header of API keys; undefined where there are none. */
  readonly apiKeyHeader?: string;
  /** Paths whose bodies may be longer than what the web ACL sees. */
  readonly largeBodyPaths: string[];
  /** Requests of an address in a window; derived unless stated. */
  readonly addressLimit?: number;
  /** Requests of an API key in a window; derived unless stated. */
  readonly keyLimit?: number;
  /** Countries whose requests are blocked. */
  readonly blockedCountries: string[];
  /** Beginnings of paths that browsers ask for. */
  readonly browserPaths: string[];
  /** Rules of the core rule set that count in place of blocking. */
  readonly countedRules: string[];
  /** What CloudFront proves itself with; empty where it does not stand in front. */
  readonly originSecrets: string[];
  /** Further rules, after those of this construct. */
  readonly extraRules: wafv2.CfnWebACL.RuleProperty[];
  /** Changes to the alarm `BlockedRequests`. */
  readonly alarms?: AlarmOptions;
}

/** The web ACL of one public load balancer: a net against abuse. Who may send how much is decided in the API. */
export class PublicWebAcl extends Construct {
  /** The web ACL. */
  readonly webAcl: wafv2.CfnWebACL;
  /** What puts it in front of the load balancer. */
  readonly association: wafv2.CfnWebACLAssociation;
  /** What makes it write its log. */
  readonly logging: wafv2.CfnLoggingConfiguration;
  /** The sizes in force, with every override in its place. */
  readonly sizing: WebAclSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, props: PublicWebAclProps) {
    super(scope, id);
    const input = {
      apiKeyHeader: props.apiKeyHeader,
      largeBodyPaths: props.largeBodyPaths,
      largestBodyBytes: DEFAULTS.edge.batchBodyBytes,
      blockedCountries: props.blockedCountries,
      browserPaths: props.browserPaths,
      countedRules: props.countedRules,
      originSecrets: props.originSecrets,
    };
    const derived = sizeWebAcl(props.workload, factsFor(this, props.facts), countRules(input));
    const { addressLimit = derived.addressLimit, keyLimit = derived.keyLimit } = props;
    this.decisions = recordDecisions(this, derived.decisions, { addressLimit: props.addressLimit, keyLimit: props.keyLimit });
    this.sizing = { ...derived, addressLimit, keyLimit, decisions: [...this.decisions] };

    // Its name is known before it is made, because its metrics are found by the name that the template gives them.
    const name = Names.uniqueResourceName(this, { maxLength: 128, separator: '-' });
    const own = publicRules({ ...input, addressLimit, keyLimit, windowSeconds: derived.windowSeconds, limitsBodies: limitsBodies(derived) });
    this.webAcl = new wafv2.CfnWebACL(this, 'WebAcl', {
      name,
      scope: 'REGIONAL',
      description: 'Abuse of a public payment edge',
      defaultAction: { allow: {} },
      visibilityConfig: visibility(name),
      rules: [...own, ...props.extraRules],
      customResponseBodies: responseBodies(),
    });
    this.association = new wafv2.CfnWebACLAssociation(this, 'Association', {
      resourceArn: props.loadBalancer.loadBalancerArn,
      webAclArn: this.webAcl.attrArn,
    });
    this.logging = props.log.collect(
      this.webAcl,
      [...(props.apiKeyHeader === undefined ? [] : [props.apiKeyHeader]), ...(props.originSecrets.length > 0 ? [ORIGIN_SECRET_HEADER] : [])],
      props.logAllRequests,
    );
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    this.alarms.add('BlockedRequests', {
      metric: this.metricBlockedPercent(),
      description: `More than ${DEFAULTS.edge.blockedPercent} % of the requests are blocked: an attack, or a rule that takes clients for attackers.`,
      threshold: DEFAULTS.edge.blockedPercent,
      datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
    });
  }

  /** Requests that were blocked, by all rules or by the one of a name. */
  metricBlocked(rule: string = 'ALL', options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('BlockedRequests', rule, options);
  }

  /** Requests that were let through. */
  metricAllowed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('AllowedRequests', 'ALL', options);
  }

  /** Share of the requests that were blocked, in percent; 0 where so few were blocked that it is the noise of the internet. */
  metricBlockedPercent(): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      label: 'Blocked requests, percent',
      period: ALARM_PERIOD,
      expression: `IF(FILL(blocked, 0) < ${DEFAULTS.edge.leastBlocked}, 0, 100 * FILL(blocked, 0) / (FILL(blocked, 0) + FILL(allowed, 0)))`,
      usingMetrics: { blocked: this.metricBlocked(), allowed: this.metricAllowed() },
    });
  }

  private metric(metricName: string, rule: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/WAFV2',
      metricName,
      // `Ref` gives name, id and scope with bars between them.
      dimensionsMap: { WebACL: Fn.select(0, Fn.split('|', this.webAcl.ref)), Region: Stack.of(this).region, Rule: rule },
      statistic: 'Sum',
      period: ALARM_PERIOD,
      ...options,
    });
  }
}

function responseBodies(): { [key: string]: wafv2.CfnWebACL.CustomResponseBodyProperty } {
  const json = (content: string) => ({ contentType: 'APPLICATION_JSON', content });
  return {
    [RESPONSE_BODY.tooManyRequests]: json(problemText(HTTP_STATUS.tooManyRequests, 'Too Many Requests', 'Too many requests from this address or key.')),
    [RESPONSE_BODY.contentTooLarge]: json(problemText(HTTP_STATUS.contentTooLarge, 'Content Too Large', 'The body is longer than this route takes.')),
  };
}
