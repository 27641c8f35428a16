import type { Logger } from '@aws-lambda-powertools/logger';
import type { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import type { ActionApp } from '@wbce/orbits-core';
import {
  parseMongodbAddress,
  parseMongodbSecret,
  type MongodbAddress,
} from '../functions/shared/secrets/mongodb-address.ts';
import { MongodbFailure } from '../functions/shared/secrets/mongodb-failure.ts';
import type { Config } from './config.ts';
import { connectedApp, disconnectApp } from './durable/app.ts';
import { isAuthenticationFailure, isConnectionFailure, isOfServer } from './durable/mongo-errors.ts';
import { registry } from './registry.ts';

/** The connection of this process to MongoDB, with the Orbits app on it. */
export class Connection {
  readonly #config: Config;
  readonly #secrets: SecretsProvider;
  readonly #logger: Logger;

  constructor(config: Config, secrets: SecretsProvider, logger: Logger) {
    this.#config = config;
    this.#secrets = secrets;
    this.#logger = logger;
  }

  /**
   * Works with the app. If MongoDB refuses the password, reads the secret again and repeats the work, which its
   * idempotency keys make harmless: a password that was rotated needs no deployment.
   */
  async withApp<T>(work: (app: ActionApp) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#connect());
    } catch (error) {
      if (isConnectionFailure(error)) await disconnectApp();
      if (!isAuthenticationFailure(error)) throw error;
      this.#logger.warn('MongoDB refused the credentials; they are read again');
      await disconnectApp();
      return work(await this.#connect({ freshSecret: true }));
    }
  }

  async #connect({ freshSecret = false } = {}): Promise<ActionApp> {
    const { database, historyDays } = this.#config;
    let hosts = '';
    try {
      return await connectedApp(async () => {
        const address = await this.#address(freshSecret);
        hosts = address.hosts;
        return { declare: registry, uri: address.uri, database, historyDays };
      });
    } catch (error) {
      throw isOfServer(error) ? MongodbFailure.of(error, hosts) : error;
    }
  }

  /** From the stack's secret, or with IAM authentication from the address, which has no secret. */
  async #address(freshSecret: boolean): Promise<MongodbAddress> {
    const { mongodb } = this.#config;
    if ('address' in mongodb) return parseMongodbAddress(mongodb.address, 'MONGODB_ADDRESS');
    const text = await this.#secrets.get(mongodb.secretId, { maxAge: 60, forceFetch: freshSecret });
    return parseMongodbSecret(text, mongodb.secretId);
  }
}
