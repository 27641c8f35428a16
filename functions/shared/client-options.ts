/**
 * Of a client of Secrets Manager. In a VPC without a way to it, a call would otherwise hold the Lambda until its limit,
 * and say nothing; two attempts fit into the ten seconds of a function. Without `throwOnRequestTimeout` the SDK only
 * warns of an answer that never comes.
 */
export const secretsClientOptions = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 2_500, throwOnRequestTimeout: true },
};
