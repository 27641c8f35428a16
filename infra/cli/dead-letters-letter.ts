import * as z from 'zod';

/** A message as SQS has it, as far as it is read here. */
export interface QueueMessage {
  id: string;
  body: string;
  /** When it came into the queue, ISO 8601. */
  sentAt: string;
  attributes: Record<string, string>;
}

/** A dead letter: what it was, and why it came to nothing. */
export interface Letter {
  id: string;
  sentAt: string;
  /** Such as `tick 2026-01-05T14:30:00Z`. */
  what: string;
  why: string;
  /** The scheduled time, where it is a tick. */
  tick: string | undefined;
  /** What is to be sent again; undefined where nothing can be. */
  event: Record<string, unknown> | undefined;
  /** What else has to be known: a keyword that was not replaced, or why there is nothing to be sent. */
  note: string | undefined;
}

/** What Lambda sends to a destination of failed asynchronous invocations. */
const invocationRecord = z.object({
  requestContext: z.object({
    requestId: z.string().min(1).max(128),
    condition: z.string(),
    approximateInvokeCount: z.number().optional(),
  }),
  requestPayload: z.unknown(),
  responsePayload: z.unknown().optional(),
});
type InvocationRecord = z.infer<typeof invocationRecord>;

const functionError = z.object({ errorType: z.string().default('Error'), errorMessage: z.string() });
const object = z.record(z.string(), z.unknown());

const KEYWORD = '<aws.scheduler.scheduled-time>';

/** Reads what Lambda, EventBridge Scheduler, or somebody else put into a queue; there is no body that it throws at. */
export function toLetter({ id, body, sentAt, attributes }: QueueMessage): Letter {
  const content = parsed(body);
  const record = invocationRecord.safeParse(content).data;
  const why = record ? whyFailed(record) : whyUndelivered(attributes);
  const letter = { id, sentAt, why, tick: undefined, event: undefined };
  const event = object.safeParse(record ? record.requestPayload : content).data;
  if (!event) {
    const isCut = attributes['IS_PAYLOAD_TRUNCATED'] === 'true';
    const note = isCut
      ? 'its event was cut off, and can only be deleted'
      : 'it holds no event, which is a JSON object, and can only be deleted';
    return { ...letter, what: 'no event', note };
  }
  const command = typeof event['command'] === 'string' ? event['command'] : 'run';
  if (command === 'tick') return { ...letter, ...tickOf(event, attributes['SCHEDULED_TIME'], record) };
  // A run without a key would be another run each time that it is sent.
  const idempotencyKey = record?.requestContext.requestId ?? id;
  const again = command === 'run' ? { idempotencyKey, ...event } : event;
  return { ...letter, what: command, event: again, note: undefined };
}

function tickOf(event: Record<string, unknown>, scheduledTime?: string, record?: InvocationRecord) {
  const stated = event['scheduledTime'];
  const isKeyword = stated === KEYWORD;
  const tick = toInstant(isKeyword ? scheduledTime : stated);
  if (tick !== undefined) {
    const note = isKeyword
      ? `${KEYWORD} was not replaced; the time is the message's SCHEDULED_TIME`
      : undefined;
    return { what: `tick ${tick}`, tick, event: { ...event, scheduledTime: tick }, note };
  }
  const note = isKeyword
    ? `${KEYWORD} was not replaced${record ? ': what sent it was not EventBridge Scheduler' : ''}; ` +
      'which tick it was is not known, and it can only be deleted'
    : 'its scheduled time is no time, and it can only be deleted';
  return { what: 'tick', note };
}

/** As the orchestrator writes it. */
function toInstant(time: unknown): string | undefined {
  const instant = z.iso.datetime().safeParse(time).data;
  return instant === undefined ? undefined : new Date(instant).toISOString().replace('.000Z', 'Z');
}

function whyFailed({ requestContext, responsePayload }: InvocationRecord): string {
  const { condition, approximateInvokeCount: count } = requestContext;
  const error = functionError.safeParse(responsePayload).data;
  const last = error ? `: ${withoutUris(`${error.errorType}: ${error.errorMessage}`)}` : '';
  switch (condition) {
    case 'RetriesExhausted':
      return `the orchestrator failed ${count === undefined ? 'each time' : `${count} times`}${last}`;
    case 'EventAgeExceeded':
      return `it became too old in Lambda's queue${last}`;
    case 'ZeroReservedConcurrency':
      return "the orchestrator's reserved concurrency is 0";
    default:
      return withoutUris(condition) + last;
  }
}

function whyUndelivered(attributes: Record<string, string>): string {
  const { ERROR_CODE, ERROR_MESSAGE, RETRY_ATTEMPTS } = attributes;
  if (ERROR_CODE === undefined) return 'nothing says why';
  const error = [ERROR_CODE, ERROR_MESSAGE].filter((part) => part !== undefined).join(': ');
  const retries = RETRY_ATTEMPTS === undefined ? '' : `, after ${RETRY_ATTEMPTS} retries`;
  return `EventBridge Scheduler could not invoke it${retries}: ${withoutUris(error)}`;
}

/** Errors that a driver throws before a server has answered; their texts quote the URI in any form. */
const OF_URI = /(Mongo(?:Parse|API|InvalidArgument|MissingCredentials)Error|ERR_INVALID_URL|URIError): .*/gs;

/**
 * A text of a letter, which an older deployment may have written, without what may be a password: of a malformed URI
 * nobody knows where that ends.
 */
export function withoutUris(text: string): string {
  return text
    .replace(OF_URI, '$1: (its text may hold a secret)')
    .replace(/mongodb(\+srv)?(:|%3A).*/gis, 'mongodb://***')
    .replace(/\/\/.*@/gs, '//***@')
    .replace(/[^\s/*]+@/g, '***@')
    .replace(/(ENOTFOUND|EAI_AGAIN) \S+/g, '$1 ***');
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
