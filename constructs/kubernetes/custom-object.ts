import type { Construct } from 'constructs';
import { ApiObject } from './cdk8s';

/** Name, namespace and labels of an object. */
export interface ObjectMetadata {
  readonly name: string;
  /** @default - the namespace of the chart */
  readonly namespace?: string;
  readonly labels?: { readonly [name: string]: string };
  readonly annotations?: { readonly [name: string]: string };
}

/** An object of a kind that an operator brings: its interface names the fields, so that one that there is not does not compile. */
export interface CustomObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
  readonly spec: object;
}

/** Adds such an object to the chart. */
export function customObject<Kind extends CustomObject>(scope: Construct, id: string, object: Kind): ApiObject {
  return new ApiObject(scope, id, {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { ...object.metadata },
    spec: object.spec,
  });
}
