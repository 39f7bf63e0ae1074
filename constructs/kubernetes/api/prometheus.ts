import type { CustomObject } from '../custom-object';

/** An alert, or a value that is computed once and used often. */
export interface PrometheusRuleItem {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: { readonly [name: string]: string };
  readonly annotations?: { readonly [name: string]: string };
}

/** https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule */
export interface PrometheusRule extends CustomObject {
  readonly apiVersion: 'monitoring.coreos.com/v1';
  readonly kind: 'PrometheusRule';
  readonly spec: { readonly groups: readonly { readonly name: string; readonly interval?: string; readonly rules: readonly PrometheusRuleItem[] }[] };
}

/** https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor */
export interface PodMonitor extends CustomObject {
  readonly apiVersion: 'monitoring.coreos.com/v1';
  readonly kind: 'PodMonitor';
  readonly spec: {
    readonly selector: { readonly matchLabels: { readonly [name: string]: string } };
    /** @default - that of the monitor */
    readonly namespaceSelector?: { readonly matchNames: readonly string[] };
    readonly podMetricsEndpoints: readonly { readonly port: string; readonly path: string; readonly interval: string }[];
  };
}

/** https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor */
export interface ServiceMonitor extends CustomObject {
  readonly apiVersion: 'monitoring.coreos.com/v1';
  readonly kind: 'ServiceMonitor';
  readonly spec: {
    readonly selector: { readonly matchLabels: { readonly [name: string]: string } };
    readonly endpoints: readonly { readonly port: string; readonly path: string; readonly interval: string }[];
  };
}
