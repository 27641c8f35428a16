import type { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import type { Config } from './config.ts';

/**
 * The URI that the stack's secret holds; with IAM authentication there is no secret, and the address says it all.
 *
 * @param fresh asks Secrets Manager even where the secret is known, for it may have been rotated
 */
export async function mongodbUri(
  secrets: SecretsProvider,
  { mongodb }: Config,
  fresh: boolean,
): Promise<string> {
  if ('address' in mongodb) return mongodb.address;
  const uri = await secrets.get(mongodb.secretId, { maxAge: 60, forceFetch: fresh });
  if (typeof uri === 'string' && uri !== '') return uri;
  throw new Error(`The secret ${mongodb.secretId} holds no text; store the MongoDB URI in it.`);
}
