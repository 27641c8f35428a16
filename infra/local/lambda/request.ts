import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { FUNCTION_NAME_PATTERN, parseFunctionName, type FunctionReference } from '../arns.ts';
import { decodeText } from './payload.ts';
import { ServiceError } from './errors.ts';

/** What a call of the Invoke API asks for, without its payload. */
export interface InvokeRequest {
  reference: FunctionReference;
  type: 'RequestResponse' | 'Event' | 'DryRun';
  /** Whether the end of the log goes into the answer. */
  wantsLog: boolean;
  /** For `context.clientContext`; Lambda passes it on only for synchronous invocations. */
  clientContext: unknown;
}

/** Lambda's limit on the client context, in bytes of base64. */
const CLIENT_CONTEXT_LIMIT = 3_583;

const oneOf = <const T extends string>(...values: T[]) =>
  z.enum(values, `Member must satisfy enum value set: [${values.join(', ')}]`);

const matching = (pattern: string) => `Member must satisfy regular expression pattern: ${pattern}`;

/** The members of the request by the names that the API gives them, each refused in its words. */
const members = z.object({
  functionName: z.string().transform((text, context) => {
    const reference = parseFunctionName(text);
    if (reference) return reference;
    context.addIssue({ code: 'custom', message: matching(FUNCTION_NAME_PATTERN) });
    return z.NEVER;
  }),
  qualifier: z
    .string()
    .regex(/^[\w$-]{1,128}$/, matching('\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+'))
    .optional(),
  invocationType: oneOf('Event', 'RequestResponse', 'DryRun').default('RequestResponse'),
  logType: oneOf('None', 'Tail').default('None'),
});

/**
 * @param url path and query of the request
 * @returns undefined if the request does not call Invoke
 * @throws ServiceError in the API's words, if Lambda would refuse the call
 */
export function parseInvokeRequest(url: string, headers: IncomingHttpHeaders): InvokeRequest | undefined {
  const [path = '', query] = url.split('?', 2);
  const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  const given: Record<keyof z.input<typeof members>, unknown> = {
    functionName: decodePath(name),
    qualifier: new URLSearchParams(query).get('Qualifier') ?? undefined,
    invocationType: headers['x-amz-invocation-type'],
    logType: headers['x-amz-log-type'],
  };
  const parsed = members.safeParse(given);
  if (!parsed.success) throw validationError(given, parsed.error);
  const { functionName, qualifier, invocationType, logType } = parsed.data;
  return {
    reference: qualified(functionName, qualifier),
    type: invocationType,
    wantsLog: logType === 'Tail',
    clientContext: parseClientContext(headers['x-amz-client-context']),
  };
}

function qualified(reference: FunctionReference, qualifier: string | undefined): FunctionReference {
  if (qualifier === undefined) return reference;
  if (reference.qualifier === undefined || reference.qualifier === qualifier) {
    return { ...reference, qualifier };
  }
  throw new ServiceError(
    400,
    'InvalidParameterValueException',
    'The derived qualifier from the function name does not match the specified qualifier.',
  );
}

/** A wrong encoding stays as it is: its "%" is not valid in a name. */
function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseClientContext(header: string | string[] | undefined): unknown {
  if (header === undefined) return undefined;
  try {
    const text = String(header);
    const bytes = Buffer.from(text, 'base64');
    const isBase64 = bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
    if (!isBase64 || text.length > CLIENT_CONTEXT_LIMIT) throw new TypeError('no base64, or too much of it');
    return z.record(z.string(), z.unknown()).parse(JSON.parse(decodeText(bytes)));
  } catch {
    throw new ServiceError(
      400,
      'InvalidRequestContentException',
      `Client context must be a valid Base64-encoded JSON object. It has at most ${CLIENT_CONTEXT_LIMIT} bytes.`,
    );
  }
}

function validationError(given: Record<string, unknown>, { issues }: z.ZodError): ServiceError {
  const problems = issues.map(({ path: [name], message }) => {
    const value = String(given[String(name)]);
    return `Value '${value}' at '${String(name)}' failed to satisfy constraint: ${message}`;
  });
  const count = `${issues.length} validation error${issues.length === 1 ? '' : 's'} detected`;
  return new ServiceError(400, 'ValidationException', `${count}: ${problems.join('; ')}`);
}
