/** A value of a CloudFormation template: plain JSON, with intrinsic functions as objects of one key. */
export type TemplateValue = string | number | boolean | null | readonly TemplateValue[] | { readonly [key: string]: TemplateValue };

/** The parts of a CloudFormation template that the topology reads. */
export interface Template {
  readonly Description?: string;
  readonly Metadata?: { readonly [key: string]: TemplateValue };
  readonly Parameters?: { readonly [name: string]: TemplateParameter };
  readonly Mappings?: { readonly [name: string]: { readonly [key: string]: { readonly [key: string]: TemplateValue } } };
  readonly Conditions?: { readonly [name: string]: TemplateValue };
  readonly Resources?: { readonly [logicalId: string]: TemplateResource };
  readonly Outputs?: { readonly [name: string]: TemplateOutput };
}

export interface TemplateParameter {
  readonly Type: string;
  readonly Default?: string | number;
  readonly Description?: string;
  readonly AllowedPattern?: string;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: TemplateValue };
  readonly Metadata?: { readonly [name: string]: TemplateValue };
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
}

export interface TemplateOutput {
  readonly Value: TemplateValue;
  readonly Export?: { readonly Name: TemplateValue };
  readonly Condition?: string;
}
