const DIGEST = /@sha256:[0-9a-f]{64}$/;
/**
 * An image asset of the CDK: its tag is the hash of what the image is built of, and the repository that `cdk bootstrap` makes takes no tag twice
 * (https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html).
 */
const ASSET = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/cdk-[a-z0-9]{1,10}-container-assets-\d{12}-[a-z0-9-]+:[0-9a-f]{64}$/;

/** Whether the name of an image says what is in it: by a digest, or as an asset of the CDK. */
export function namesItsContent(image: string): boolean {
  return DIGEST.test(image) || ASSET.test(image);
}
