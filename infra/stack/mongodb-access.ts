import type { MongodbAuthentication } from '../config/mongodb.ts';
import type { NodeFunction } from './node-function.ts';
import { secretArn } from './secret-arn.ts';

/** What functions need for MongoDB: the secret that they may read, and the variables that say where it is. */
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
      // Atlas identifies the function by its role: this address alone opens nothing.
      const query = 'authMechanism=MONGODB-AWS&authSource=%24external';
      fn.addEnvironment('MONGODB_ADDRESS', `mongodb+srv://${authentication.iamHost}/?${query}`);
      return;
    }
    fn.addEnvironment('MONGODB_SECRET_ID', this.secretId!);
    fn.allow(
      ['secretsmanager:GetSecretValue'],
      ['secretArn' in authentication ? authentication.secretArn : secretArn(fn, authentication.secretName)],
    );
  }

  /** Name or ARN of the secret; undefined with IAM authentication. */
  get secretId(): string | undefined {
    const authentication = this.#authentication;
    if ('iamHost' in authentication) return undefined;
    return 'secretArn' in authentication ? authentication.secretArn : authentication.secretName;
  }
}
