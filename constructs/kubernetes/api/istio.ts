import type { CustomObject } from '../custom-object';

/** https://istio.io/latest/docs/reference/config/security/peer_authentication/ */
export interface PeerAuthentication extends CustomObject {
  readonly apiVersion: 'security.istio.io/v1';
  readonly kind: 'PeerAuthentication';
  readonly spec: {
    readonly selector?: { readonly matchLabels: { readonly [name: string]: string } };
    readonly mtls: { readonly mode: 'STRICT' };
    readonly portLevelMtls?: { readonly [port: string]: { readonly mode: 'PERMISSIVE' } };
  };
}

/** Who may call. */
export interface AuthorizationRule {
  readonly from?: readonly { readonly source: { readonly principals?: readonly string[]; readonly namespaces?: readonly string[] } }[];
  readonly to?: readonly { readonly operation: { readonly ports: readonly string[] } }[];
}

/** https://istio.io/latest/docs/reference/config/security/authorization-policy/ */
export interface AuthorizationPolicy extends CustomObject {
  readonly apiVersion: 'security.istio.io/v1';
  readonly kind: 'AuthorizationPolicy';
  readonly spec: {
    readonly selector?: { readonly matchLabels: { readonly [name: string]: string } };
    readonly action?: 'ALLOW' | 'DENY';
    readonly rules?: readonly AuthorizationRule[];
  };
}
