import type { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import {
  parseMongodbAddress,
  parseMongodbSecret,
  type MongodbAddress,
} from '../functions/shared/secrets/mongodb-address.ts';
import type { Config } from './config.ts';

/**
 * Where MongoDB is, as the stack's secret says; with IAM authentication there is no secret, and the address says it all.
 *
 * @param fresh asks Secrets Manager even where the secret is known, for it may have been rotated
 */
export async function mongodbAddress(
  secrets: SecretsProvider,
  { mongodb }: Config,
  fresh: boolean,
): Promise<MongodbAddress> {
  if ('address' in mongodb) return parseMongodbAddress(mongodb.address, 'MONGODB_ADDRESS');
  const text = await secrets.get(mongodb.secretId, { maxAge: 60, forceFetch: fresh });
  return parseMongodbSecret(text, mongodb.secretId);
}
