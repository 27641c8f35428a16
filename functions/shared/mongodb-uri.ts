import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { requiredVariable } from './environment.ts';
import { secretsClientOptions } from './client-options.ts';

const tracer = new Tracer({ serviceName: 'ledger', captureHTTPsRequests: false });
const secrets = new SecretsProvider({
  awsSdkV3Client: tracer.captureAWSv3Client(new SecretsManagerClient(secretsClientOptions)),
});

/**
 * The URI that the stack's secret holds; with IAM authentication there is no secret, and the address says it all.
 *
 * @param fresh asks Secrets Manager even where the secret is known, for it may have been rotated
 */
export async function mongodbUri(fresh: boolean): Promise<string> {
  const address = process.env['MONGODB_ADDRESS'];
  if (address) return address;
  const secretId = requiredVariable('MONGODB_SECRET_ID');
  const uri = await secrets.get(secretId, { maxAge: 60, forceFetch: fresh });
  if (typeof uri === 'string' && uri !== '') return uri;
  throw new Error(`The secret ${secretId} holds no text; store the MongoDB URI in it.`);
}
