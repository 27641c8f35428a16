import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { requiredVariable } from './environment.ts';
import { secretsClientOptions } from './client-options.ts';
import { parseMongodbAddress, parseMongodbSecret, type MongodbAddress } from './secrets/mongodb-address.ts';

const tracer = new Tracer({ serviceName: 'ledger', captureHTTPsRequests: false });
const secrets = new SecretsProvider({
  awsSdkV3Client: tracer.captureAWSv3Client(new SecretsManagerClient(secretsClientOptions)),
});

/**
 * Where MongoDB is, as the stack's secret says; with IAM authentication there is no secret, and the address says it all.
 *
 * @param fresh asks Secrets Manager even if the secret is known, because it may have been rotated
 */
export async function mongodbAddress(fresh: boolean): Promise<MongodbAddress> {
  const address = process.env['MONGODB_ADDRESS'];
  if (address) return parseMongodbAddress(address, 'MONGODB_ADDRESS');
  const secretId = requiredVariable('MONGODB_SECRET_ID');
  const text = await secrets.get(secretId, { maxAge: 60, forceFetch: fresh });
  return parseMongodbSecret(text, secretId);
}
