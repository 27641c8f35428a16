import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { MongodbAuthentication } from './config.ts';
import type { NodeFunction } from './node-function.ts';

/** The way of some functions into MongoDB: what they may read, and the variables that say where it is. */
export class MongodbAccess {
  readonly #authentication: MongodbAuthentication;
  readonly #database: string;

  constructor(authentication: MongodbAuthentication, database: string) {
    this.#authentication = authentication;
    this.#database = database;
  }

  grantTo(fn: NodeFunction): void {
    fn.addEnvironment('MONGODB_DATABASE', this.#database);
    const authentication = this.#authentication;
    if ('iamHost' in authentication) {
      // Atlas knows the function by its role, so this address opens nothing by itself.
      const query = 'authMechanism=MONGODB-AWS&authSource=%24external';
      fn.addEnvironment('MONGODB_ADDRESS', `mongodb+srv://${authentication.iamHost}/?${query}`);
      return;
    }
    fn.addEnvironment('MONGODB_SECRET_ID', this.secretId!);
    fn.allow(['secretsmanager:GetSecretValue'], [secretArn(fn, authentication)]);
  }

  /** Name or ARN of the secret; undefined where there is none. */
  get secretId(): string | undefined {
    const authentication = this.#authentication;
    if ('iamHost' in authentication) return undefined;
    return 'secretArn' in authentication ? authentication.secretArn : authentication.secretName;
  }
}

function secretArn(fn: NodeFunction, secret: { secretName: string } | { secretArn: string }): string {
  if ('secretArn' in secret) return secret.secretArn;
  return Stack.of(fn).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    // Secrets Manager puts six random characters behind the name.
    resourceName: `${secret.secretName}-??????`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
