export { AssemblyError } from './assembly-error';
export { type AssemblyStack, type ConstructNote, type ConstructNotes, readAssembly, type StackAssets } from './assembly';
export {
  type AppliedManifests, appliedManifests, type AppliedObjects, appliedObjects, type DeployedValues, type ManifestObject,
} from './manifests';
export type { Template, TemplateValue } from './template';
export { codeFolder, imageFolder, type ResolvedProperties, Topology, type TopologyEdge, type TopologyOptions, type TopologyResource, type TopologyStack } from './topology';
