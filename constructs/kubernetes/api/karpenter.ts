import type { CustomObject } from '../custom-object';

/** What a node must be. */
export interface NodeRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Gt' | 'Lt' | 'Exists';
  readonly values?: readonly string[];
}

/** How many nodes may be replaced at a time, and when. */
export interface DisruptionBudget {
  readonly nodes: string;
  readonly reasons?: readonly ('Underutilized' | 'Drifted' | 'Empty')[];
  /** As cron writes it, in UTC; with `duration`. */
  readonly schedule?: string;
  readonly duration?: string;
}

/** https://karpenter.sh/docs/concepts/nodepools/ */
export interface NodePool extends CustomObject {
  readonly apiVersion: 'karpenter.sh/v1';
  readonly kind: 'NodePool';
  readonly spec: {
    readonly weight: number;
    readonly limits: { readonly cpu: string; readonly memory: string };
    readonly disruption: {
      readonly consolidationPolicy: 'WhenEmpty' | 'WhenEmptyOrUnderutilized';
      readonly consolidateAfter: string;
      readonly budgets: readonly DisruptionBudget[];
    };
    readonly template: {
      readonly metadata: { readonly labels: { readonly [name: string]: string } };
      readonly spec: {
        readonly expireAfter: string;
        readonly terminationGracePeriod: string;
        readonly nodeClassRef: { readonly group: 'karpenter.k8s.aws'; readonly kind: 'EC2NodeClass'; readonly name: string };
        readonly requirements: readonly NodeRequirement[];
        readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: 'NoSchedule' | 'PreferNoSchedule' }[];
      };
    };
  };
}

/** Tags by which Karpenter finds what belongs to the cluster. */
export interface TagSelector {
  readonly tags: { readonly [name: string]: string };
}

/** https://karpenter.sh/docs/concepts/nodeclasses/ */
export interface Ec2NodeClass extends CustomObject {
  readonly apiVersion: 'karpenter.k8s.aws/v1';
  readonly kind: 'EC2NodeClass';
  readonly spec: {
    readonly role: string;
    readonly amiSelectorTerms: readonly { readonly alias: string }[];
    readonly subnetSelectorTerms: readonly TagSelector[];
    readonly securityGroupSelectorTerms: readonly TagSelector[];
    readonly capacityReservationSelectorTerms?: readonly TagSelector[];
    readonly kubelet?: { readonly cpuManagerPolicy?: never; readonly maxPods?: number };
    readonly metadataOptions: { readonly httpTokens: 'required'; readonly httpPutResponseHopLimit: number };
    readonly blockDeviceMappings: readonly {
      readonly deviceName: string;
      readonly ebs: { readonly volumeSize: string; readonly volumeType: 'gp3'; readonly encrypted: true; readonly kmsKeyID?: string };
    }[];
    readonly tags?: { readonly [name: string]: string };
  };
}
