/** Code of an AWS region: `eu-west-1`, `us-gov-west-1`. */
export const REGION_CODE = /^[a-z]{2,}(-[a-z]+)+-\d$/;
