import { OWN_WORDS } from './known-secrets.ts';

/** Where each kind of failure is seen in what the driver throws, and what is said of it. The first that fits counts. */
const KINDS: { fits: (facts: Facts) => boolean; says: (hosts: string) => string }[] = [
  {
    // Whatever else the text has a word of: no server was asked.
    fits: ({ name, text }) =>
      (/^Mongo(Parse|API|InvalidArgument|MissingCredentials|MissingDependency)Error$/.test(name) &&
        !/Srv|TXT/.test(text)) ||
      /ENOENT|ERR_INVALID_(URL|ARG)/.test(text),
    says: (hosts) =>
      `The options of the URI are wrong: the driver refuses them before it asks ${hosts}. Check each one behind the "?", and that a file that it names is there`,
  },
  {
    // 8000 is what Atlas's own front answers, to a wrong password among others.
    fits: ({ code, text }) => code === 18 || (code === 8000 && /auth/i.test(text)),
    says: (hosts) =>
      `Authentication failed: the MongoDB at ${hosts} refuses the user or the password. Check both, and the database of the user (authSource)`,
  },
  {
    fits: ({ code, text }) =>
      code === 334 ||
      (code === 59 && /sasl/i.test(text)) ||
      /mechanism|SCRAM|does not support auth/i.test(text),
    says: (hosts) =>
      `Authentication failed: the MongoDB at ${hosts} answers, but does not support this authentication. Check authMechanism, and whether the server asks for a password at all`,
  },
  {
    fits: ({ code }) => code === 13,
    says: (hosts) =>
      `Not authorized: the MongoDB at ${hosts} knows the user, but does not allow this. Give the user the role readWrite on the database`,
  },
  {
    fits: ({ text }) => /querySrv|queryTxt|SRV record|_mongodb\._tcp/i.test(text),
    says: (hosts) =>
      `DNS has no SRV record for ${hosts}. Check the name of the cluster, or use mongodb:// for a server that is not an Atlas cluster`,
  },
  {
    fits: ({ text }) => /ENOTFOUND|EAI_AGAIN|getaddrinfo/.test(text),
    says: (hosts) => `DNS does not know ${hosts}. Check the name`,
  },
  {
    fits: ({ text }) => /certificate|SSL|TLS|EPROTO|ERR_TLS/i.test(text),
    says: (hosts) =>
      `The connection to ${hosts} fails in TLS. Check whether the server speaks TLS (tls=true or false) and who signed its certificate; Atlas also ends TLS if this address is not on its access list`,
  },
  {
    fits: ({ text }) => /ECONNREFUSED/.test(text),
    says: (hosts) =>
      `The connection to ${hosts} is refused: nothing listens on that port. Check the port, and whether the server is up`,
  },
  {
    fits: ({ text }) => /ECONNRESET|EPIPE|connection .*closed|socket.*(closed|hang)/i.test(text),
    says: (hosts) => `The connection to ${hosts} was closed. Check whether a MongoDB listens there`,
  },
  {
    fits: ({ text }) => /timed? ?out|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/i.test(text),
    says: (hosts) =>
      `No answer came from ${hosts} in time. Check its access list (Atlas: Network Access), the VPC and its security groups`,
  },
];

interface Facts {
  name: string;
  code: unknown;
  text: string;
}

/**
 * A failure to connect, in the project's own words. From the driver's error it takes only name and code, because the
 * driver's texts may quote the URI.
 */
export class MongodbFailure extends Error {
  readonly code: number | string | undefined;
  readonly [OWN_WORDS] = true;

  private constructor(name: string, message: string, code: number | string | undefined) {
    super(message);
    this.name = name;
    this.code = code;
  }

  /** @param hosts that were asked, as `MongodbAddress` has them */
  static of(thrown: unknown, hosts: string): MongodbFailure {
    const { name, code } = (thrown ?? {}) as { name?: unknown; code?: unknown };
    const text = textsOf(thrown).join('\n');
    const says = KINDS.find(({ fits }) => fits({ name: String(name), code, text }))?.says;
    const safeName = typeof name === 'string' && /^Mongo[A-Za-z]{1,40}$/.test(name) ? name : 'MongodbFailure';
    const known = typeof code === 'number' || (typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code));
    const message = says
      ? `${says(hosts)}.`
      : `The MongoDB at ${hosts} can't be used: ${safeName}${known ? `, code ${String(code)}` : ''}. Check the options of the URI, and the server's log.`;
    return new MongodbFailure(safeName, message, known ? code : undefined);
  }
}

/** The messages and codes of an error, of its causes, and of what the driver knows of each server that it asked. */
function textsOf(thrown: unknown, depth = 0): string[] {
  if (typeof thrown !== 'object' || thrown === null || depth > 5) return [];
  const { message, code, cause, reason, servers, error, errors } = thrown as Record<string, unknown>;
  const inside: unknown[] = [cause, reason, error];
  for (const several of [errors, servers]) {
    if (several instanceof Map) inside.push(...(several.values() as Iterable<unknown>));
    else if (Array.isArray(several)) inside.push(...(several as unknown[]));
  }
  const own = [message, code].filter((text) => typeof text === 'string');
  return [...own, ...inside.flatMap((next) => textsOf(next, depth + 1))];
}
