import type * as z from 'zod';
import { ConfigError, shown } from './config-error.ts';
import { key } from './key.ts';
import { matching, secretName } from './values.ts';

const DEFAULT_SECRET = 'orbits-trader/mongodb';

/** Where MongoDB is. */
export const mongodbKeys = {
  mongodbSecretName: key(secretName().optional(), {
    does: 'the secret whose text is the MongoDB URI',
    default: DEFAULT_SECRET,
    inStage: (stage) => `orbits-trader/${stage}/mongodb`,
    replaces: ['mongodbSecretArn', 'mongodbIamHost'],
  }),
  mongodbSecretArn: key(
    matching(
      /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$/,
      'the whole ARN of a secret, with the six characters at its end',
    ).optional(),
    {
      does: 'the same secret by its ARN, in the region of the stack',
      replaces: ['mongodbSecretName', 'mongodbIamHost'],
    },
  ),
  mongodbIamHost: key(
    matching(
      /^[a-z0-9-]+(\.[a-z0-9-]+)+$/,
      'the host of a cluster, such as "cluster0.ab1cd.mongodb.net"',
    ).optional(),
    {
      does: 'the functions log in by their roles (`MONGODB-AWS`), without a secret',
      replaces: ['mongodbSecretName', 'mongodbSecretArn'],
    },
  ),
};

export const databaseKeys = {
  databaseName: key(
    matching(
      /^(?!(?:admin|local|config)$)[A-Za-z0-9_-]{1,38}$/i,
      '1 to 38 letters, digits, "-" or "_", and not admin, local or config, which are MongoDB\'s own',
    ).default('orbits-trader'),
    {
      does: 'the database of runs, books and trades',
      inStage: (stage) => `orbits-trader-${stage}`,
    },
  ),
};

/** How the functions log in to MongoDB: by a secret that holds the URI, or by their roles. */
export type MongodbAuthentication = { secretName: string } | { secretArn: string } | { iamHost: string };

export function toMongodb({
  mongodbSecretName,
  mongodbSecretArn,
  mongodbIamHost,
}: z.output<z.ZodObject<typeof mongodbKeys>>): MongodbAuthentication {
  const ways = { mongodbSecretName, mongodbSecretArn, mongodbIamHost };
  const given = Object.entries(ways).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    const keys = given.map(([name, value]) => `${name} is ${shown(name, value)}`);
    throw new ConfigError([`${keys.join(' and ')}, expected only one of them`]);
  }
  if (mongodbIamHost !== undefined) return { iamHost: mongodbIamHost };
  if (mongodbSecretArn !== undefined) return { secretArn: mongodbSecretArn };
  return { secretName: mongodbSecretName ?? DEFAULT_SECRET };
}
