import { type DockerImageAssetProps, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { assetFolder } from '../assets';

/** AWS Distro for OpenTelemetry. By version: `latest` would change under a running service. */
const IMAGE = 'public.ecr.aws/aws-observability/aws-otel-collector:v0.43.1';

/** The collector of traces as an asset: copied into the account's own registry, as what runs in private subnets reaches no public one. */
export function collectorImage(): DockerImageAssetProps {
  return { directory: assetFolder('telemetry-collector'), platform: Platform.LINUX_ARM64, buildArgs: { IMAGE } };
}
