import type { Template } from 'aws-cdk-lib/assertions';

/** A resource of a template, as tests look at it. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly DependsOn?: string | string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** All resources of a type, by logical id. */
export function resourcesOf(template: Template, type: string): Record<string, TemplateResource> {
  return template.findResources(type) as Record<string, TemplateResource>;
}

/** The one resource of a type. */
export function onlyResource(template: Template, type: string): TemplateResource {
  const found = Object.values(resourcesOf(template, type));
  if (found.length !== 1) {
    throw new Error(`there should be one ${type}, but there are ${found.length}`);
  }
  return found[0];
}

/** One statement of a policy. */
export interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Every statement of the policies attached to roles, with lists where one value may stand alone. */
export function statements(template: Template): (Statement & { readonly actions: string[]; readonly resources: unknown[] })[] {
  return Object.values({ ...resourcesOf(template, 'AWS::IAM::Policy'), ...resourcesOf(template, 'AWS::IAM::ManagedPolicy') })
    .flatMap((policy) => policy.Properties.PolicyDocument.Statement as Statement[])
    .map((statement) => ({ ...statement, actions: [statement.Action].flat(), resources: [statement.Resource].flat() }));
}

/** Every action that a policy of the template allows, once, sorted. */
export function allowedActions(template: Template): string[] {
  const allowed = statements(template).filter((it) => it.Effect === 'Allow').flatMap((it) => it.actions);
  return [...new Set(allowed)].sort();
}

/** Logical ids that a value refers to, and stacks' exports that it imports. */
export function referencesIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') {
    return [];
  }
  const entries = Object.entries(value);
  if (entries.length === 1) {
    const [[name, argument]] = entries;
    if (name === 'Ref' && typeof argument === 'string') {
      return [argument];
    }
    if (name === 'Fn::GetAtt' && Array.isArray(argument)) {
      return [String(argument[0])];
    }
    if (name === 'Fn::ImportValue') {
      return [`import ${String(argument)}`];
    }
  }
  return entries.flatMap(([, child]) => referencesIn(child));
}

/** What is wrong with the dimensions of the template's alarms: empty when each metric has some and each refers to a resource. */
export function danglingAlarmDimensions(template: Template): string[] {
  const known = new Set(Object.keys(template.toJSON().Resources));
  return Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm')).flatMap(([id, alarm]) => {
    const queries = (alarm.Properties.Metrics ?? []) as { MetricStat?: { Metric: { Dimensions?: unknown[] } } }[];
    const metrics = queries.length > 0
      ? queries.flatMap((it) => (it.MetricStat ? [it.MetricStat.Metric.Dimensions ?? []] : []))
      : [alarm.Properties.Dimensions ?? []];
    return metrics
      .filter((dimensions) => {
        const referred = referencesIn(dimensions);
        return referred.length === 0 || referred.some((it) => !it.startsWith('import ') && !known.has(it));
      })
      .map(() => id);
  });
}
