import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import type { Tracer } from '@aws-lambda-powertools/tracer';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** The time limit of the functions, and the time until Lambda reports that it was exceeded. */
const INVOKE_TIMEOUT_MS = 12_000;
/** With a margin for the writes after the invocation. */
export const STEP_MS = INVOKE_TIMEOUT_MS + 3_000;

// Without `throwOnRequestTimeout` the SDK only warns of an answer that never comes.
const requestHandler = {
  connectionTimeout: 3_000,
  requestTimeout: INVOKE_TIMEOUT_MS,
  throwOnRequestTimeout: true,
};

/** Makes one attempt: the workflow retries, and retries of the SDK would multiply with that. */
export function lambdaClient(tracer: Tracer): LambdaClient {
  return tracer.captureAWSv3Client(new LambdaClient({ maxAttempts: 1, requestHandler }));
}

export function secretsProvider(tracer: Tracer): SecretsProvider {
  const client = new SecretsManagerClient({
    maxAttempts: 2,
    requestHandler: { ...requestHandler, requestTimeout: 3_000 },
  });
  return new SecretsProvider({ awsSdkV3Client: tracer.captureAWSv3Client(client) });
}
