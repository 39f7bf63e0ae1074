/**
 * Where AWS keeps the authorities of RDS in the runtimes of its functions: `NODE_EXTRA_CA_CERTS` of a function that connects to a database.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
 */
export const FUNCTION_AUTHORITIES = '/var/runtime/ca-cert.pem';
