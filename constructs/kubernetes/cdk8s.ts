/** The one place that names cdk8s and the version of Kubernetes whose types are used: another version changes this file alone. */
export { ApiObject, type ApiObjectMetadata, App, Chart, Names, Testing, Yaml } from 'cdk8s';
export { k8s } from 'cdk8s-plus-28';
