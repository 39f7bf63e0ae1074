export * from './check-manifests';
export * from './manifest-object';
export * from './manifest-rule';
export * from './manifest-set';
export { MANIFEST_RULES } from './rules';
