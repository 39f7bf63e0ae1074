import { AssemblyError } from './assembly-error';
import type { Template, TemplateValue } from './template';

/** Answers the lookups that the intrinsic functions of one stack need. */
export interface Scope {
  readonly template: Template;
  /** Where in the assembly the values stand, for messages. */
  readonly displayName: string;
  pseudoParameter(name: string): TemplateValue | undefined;
  parameter(name: string): TemplateValue | undefined;
  /** `Ref` of a resource, or undefined where the template has no such resource. */
  reference(logicalId: string): TemplateValue | undefined;
  attribute(logicalId: string, attributeName: string): TemplateValue | undefined;
  /** `Fn::ImportValue`. */
  importValue(exportName: string): TemplateValue | undefined;
  /** Stands in for a value that cannot be resolved; where there is none, such a value is refused. */
  readonly standIn?: (where: string) => TemplateValue;
}

/** `AWS::NoValue`: the property is left out. */
const NO_VALUE = Symbol('AWS::NoValue');
type Resolved = TemplateValue | typeof NO_VALUE;

/** Evaluates the intrinsic functions of a template's values. Source: CloudFormation intrinsic function reference. */
export class IntrinsicResolver {
  private readonly conditions = new Map<string, boolean>();

  constructor(private readonly scope: Scope) {}

  /**
   * The value without intrinsic functions; undefined where it is `AWS::NoValue`.
   *
   * @param where the place of the value, for messages: `MyQueue.Properties.KmsMasterKeyId`.
   * @throws AssemblyError naming the place, for a reference to nothing or an unknown function.
   */
  resolve(value: TemplateValue, where: string): TemplateValue | undefined {
    const resolved = this.evaluate(value, where);
    return resolved === NO_VALUE ? undefined : resolved;
  }

  /** Whether the condition holds. */
  condition(name: string, where: string): boolean {
    const known = this.conditions.get(name);
    if (known !== undefined) {
      return known;
    }
    const definition = this.scope.template.Conditions?.[name];
    if (definition === undefined) {
      throw this.error(where, `names the condition ${name}, which the template does not have`);
    }
    const result = this.test(definition, `Conditions.${name}`);
    this.conditions.set(name, result);
    return result;
  }

  /** Calls a function; what it cannot resolve is stood in for, where the scope allows it. */
  private call(name: string, input: TemplateValue, where: string): Resolved {
    try {
      return this.apply(name, input, where);
    } catch (error) {
      if (error instanceof AssemblyError && this.scope.standIn !== undefined) {
        return this.scope.standIn(where);
      }
      throw error;
    }
  }

  private evaluate(value: TemplateValue, where: string): Resolved {
    if (!holdsFunction(value)) {
      return value;
    }
    if (Array.isArray(value)) {
      return value.map((item, index) => this.evaluate(item, `${where}[${index}]`)).filter((item) => item !== NO_VALUE) as TemplateValue[];
    }
    const object = value as { readonly [key: string]: TemplateValue };
    const keys = Object.keys(object);
    if (keys.length === 1 && isFunction(keys[0])) {
      return this.call(keys[0], object[keys[0]], where);
    }
    const result: Record<string, TemplateValue> = {};
    for (const key of keys) {
      const resolved = this.evaluate(object[key], `${where}.${key}`);
      if (resolved !== NO_VALUE) {
        result[key] = resolved;
      }
    }
    return result;
  }

  private apply(name: string, input: TemplateValue, where: string): Resolved {
    switch (name) {
      case 'Ref':
        return this.ref(String(input), where);
      case 'Fn::GetAtt':
        return this.getAtt(input, where);
      case 'Fn::Sub':
        return this.sub(input, where);
      case 'Fn::Join': {
        const [separator, items] = this.list(input, where);
        return (this.list(this.required(items, where), where) as TemplateValue[]).map(String).join(String(separator));
      }
      case 'Fn::Select': {
        const [index, items] = this.list(input, where);
        const selected = this.list(this.required(items, where), where)[Number(this.required(index, where))];
        if (selected === undefined) {
          throw this.error(where, `selects item ${String(index)} of a shorter list`);
        }
        return selected;
      }
      case 'Fn::Split': {
        const [separator, text] = this.list(input, where);
        return String(this.required(text, where)).split(String(separator));
      }
      case 'Fn::If': {
        const [conditionName, whenTrue, whenFalse] = input as TemplateValue[];
        return this.evaluate(this.condition(String(conditionName), where) ? whenTrue : whenFalse, where);
      }
      case 'Fn::FindInMap':
        return this.findInMap(input, where);
      case 'Fn::ImportValue': {
        const exportName = String(this.required(input, where));
        const imported = this.scope.importValue(exportName);
        if (imported === undefined) {
          throw this.error(where, `imports ${exportName}, which no stack of the assembly exports`);
        }
        return imported;
      }
      case 'Fn::Base64':
        return Buffer.from(String(this.required(input, where))).toString('base64');
      case 'Fn::GetAZs': {
        const region = String(this.required(input, where) || this.scope.pseudoParameter('AWS::Region'));
        return ['a', 'b', 'c'].map((zone) => `${region}${zone}`);
      }
      case 'Fn::Cidr': {
        const [block, count] = this.list(input, where);
        return Array.from({ length: Number(this.required(count, where)) }, (_, index) => `${String(block)}#${index}`);
      }
      case 'Fn::ToJsonString':
        return JSON.stringify(this.required(input, where));
      case 'Fn::Length':
        return this.list(input, where).length;
      default:
        throw this.error(where, `uses ${name}, which is not known here`);
    }
  }

  private ref(name: string, where: string): Resolved {
    if (name === 'AWS::NoValue') {
      return NO_VALUE;
    }
    const value = this.scope.pseudoParameter(name) ?? this.scope.parameter(name) ?? this.scope.reference(name);
    if (value === undefined) {
      throw this.error(where, `refers to ${name}, which the template does not have`);
    }
    return value;
  }

  private getAtt(input: TemplateValue, where: string): TemplateValue {
    const [logicalId, ...attribute] = typeof input === 'string' ? input.split('.') : (input as TemplateValue[]).map((part) => String(this.required(part, where)));
    const value = this.scope.attribute(logicalId, attribute.join('.'));
    if (value === undefined) {
      throw this.error(where, `asks for ${logicalId}.${attribute.join('.')}, but the template has no resource ${logicalId}`);
    }
    return value;
  }

  private sub(input: TemplateValue, where: string): string {
    const [text, variables] = Array.isArray(input) ? (input as TemplateValue[]) : [input, {}];
    return String(text).replace(/\$\{([^}]*)\}/g, (_, name: string) => {
      if (name.startsWith('!')) {
        return `\${${name.slice(1)}}`;
      }
      const variable = (variables as Record<string, TemplateValue>)[name];
      if (variable !== undefined) {
        return String(this.required(variable, where));
      }
      return String(name.includes('.') ? this.getAtt(name, where) : this.ref(name, where));
    });
  }

  private findInMap(input: TemplateValue, where: string): TemplateValue {
    const [map, first, second] = this.list(input, where).map(String);
    const value = this.scope.template.Mappings?.[map]?.[first]?.[second];
    if (value === undefined) {
      throw this.error(where, `looks up ${map}.${first}.${second}, which the mappings do not have`);
    }
    return value;
  }

  private test(value: TemplateValue, where: string): boolean {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw this.error(where, 'is not a condition');
    }
    const [name, input] = Object.entries(value)[0];
    switch (name) {
      case 'Condition':
        return this.condition(String(input), where);
      case 'Fn::Equals': {
        const [left, right] = this.list(input, where);
        return JSON.stringify(left) === JSON.stringify(right);
      }
      case 'Fn::Not':
        return !this.test((input as TemplateValue[])[0], where);
      case 'Fn::And':
        return (input as TemplateValue[]).every((part) => this.test(part, where));
      case 'Fn::Or':
        return (input as TemplateValue[]).some((part) => this.test(part, where));
      default:
        throw this.error(where, `uses ${name} as a condition, which is not known here`);
    }
  }

  private list(input: TemplateValue, where: string): TemplateValue[] {
    const value = this.required(input, where);
    if (!Array.isArray(value)) {
      throw this.error(where, `needs a list, got: ${JSON.stringify(value)}`);
    }
    return value as TemplateValue[];
  }

  private required(input: TemplateValue, where: string): TemplateValue {
    const value = this.resolve(input, where);
    if (value === undefined) {
      throw this.error(where, 'has no value');
    }
    return value;
  }

  private error(where: string, what: string): AssemblyError {
    return new AssemblyError(`${this.scope.displayName}: ${where} ${what}.`);
  }
}

function isFunction(key: string): boolean {
  return key === 'Ref' || key.startsWith('Fn::');
}

/** Whether there is anything to evaluate in a value: most of a template is plain. */
function holdsFunction(value: TemplateValue): boolean {
  if (value === null || typeof value !== 'object') {
    return false;
  }
  if (Array.isArray(value)) {
    return value.some(holdsFunction);
  }
  for (const key in value) {
    if (isFunction(key) || holdsFunction((value as { readonly [key: string]: TemplateValue })[key])) {
      return true;
    }
  }
  return false;
}
