import type { CustomObject } from '../custom-object';

/** An object of the same namespace, or of the one that is named. */
export interface ObjectReference {
  readonly name: string;
  readonly namespace?: string;
  readonly kind?: string;
  readonly group?: string;
}

/** https://gateway-api.sigs.k8s.io/api-types/gatewayclass/ */
export interface GatewayClass extends CustomObject {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'GatewayClass';
  readonly spec: {
    readonly controllerName: string;
    readonly parametersRef?: ObjectReference;
  };
}

/** One port of a gateway. */
export interface GatewayListener {
  readonly name: string;
  readonly hostname?: string;
  readonly port: number;
  readonly protocol: 'HTTPS';
  readonly tls: { readonly mode: 'Terminate'; readonly certificateRefs: readonly ObjectReference[] };
  readonly allowedRoutes: {
    readonly namespaces: {
      readonly from: 'Same' | 'Selector';
      readonly selector?: { readonly matchLabels: { readonly [name: string]: string } };
    };
  };
}

/** https://gateway-api.sigs.k8s.io/api-types/gateway/ */
export interface Gateway extends CustomObject {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'Gateway';
  readonly spec: {
    readonly gatewayClassName: string;
    readonly listeners: readonly GatewayListener[];
    readonly infrastructure?: { readonly parametersRef: ObjectReference };
  };
}

/** https://gateway-api.sigs.k8s.io/api-types/httproute/ */
export interface HttpRoute extends CustomObject {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'HTTPRoute';
  readonly spec: {
    readonly parentRefs: readonly { readonly name: string; readonly namespace?: string; readonly sectionName?: string }[];
    readonly hostnames?: readonly string[];
    readonly rules: readonly {
      readonly matches: readonly { readonly path: { readonly type: 'PathPrefix' | 'Exact'; readonly value: string } }[];
      readonly backendRefs: readonly { readonly name: string; readonly port: number }[];
    }[];
  };
}
