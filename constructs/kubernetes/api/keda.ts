import type { CustomObject } from '../custom-object';

/** What a deployment is scaled by. Values of `metadata` are texts, also where they look like numbers. */
export interface ScaleTrigger {
  readonly type: string;
  /** By which `scalingModifiers.formula` calls it. */
  readonly name?: string;
  readonly metadata: { readonly [name: string]: string };
  readonly authenticationRef?: { readonly name: string };
}

/** How fast pods come and go. */
export interface ScalingRules {
  readonly stabilizationWindowSeconds: number;
  readonly policies: readonly { readonly type: 'Percent' | 'Pods'; readonly value: number; readonly periodSeconds: number }[];
}

/** https://keda.sh/docs/latest/reference/scaledobject-spec/ */
export interface ScaledObject extends CustomObject {
  readonly apiVersion: 'keda.sh/v1alpha1';
  readonly kind: 'ScaledObject';
  readonly spec: {
    readonly scaleTargetRef: { readonly name: string; readonly kind?: 'Deployment' };
    readonly pollingInterval: number;
    readonly cooldownPeriod: number;
    readonly minReplicaCount: number;
    readonly maxReplicaCount: number;
    readonly fallback: { readonly failureThreshold: number; readonly replicas: number };
    readonly advanced: {
      readonly horizontalPodAutoscalerConfig: { readonly behavior: { readonly scaleUp: ScalingRules; readonly scaleDown: ScalingRules } };
      readonly scalingModifiers?: { readonly formula: string; readonly target: string };
    };
    readonly triggers: readonly ScaleTrigger[];
  };
}

/** https://keda.sh/docs/latest/concepts/authentication/ */
export interface TriggerAuthentication extends CustomObject {
  readonly apiVersion: 'keda.sh/v1alpha1';
  readonly kind: 'TriggerAuthentication';
  readonly spec: { readonly podIdentity: { readonly provider: 'aws'; readonly identityOwner?: 'keda' | 'workload' } };
}
