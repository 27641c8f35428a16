import * as z from 'zod';
import { withoutUris } from '../without-uris.ts';

/** A message of SQS, as far as it is read here. */
export interface QueueMessage {
  id: string;
  body: string;
  /** When it was sent to the queue, ISO 8601. */
  sentAt: string;
  attributes: Record<string, string>;
}

/** A dead letter: what it was, and why it failed. */
export interface Letter {
  id: string;
  sentAt: string;
  /** Such as `tick 2026-01-05T14:30:00Z`. */
  what: string;
  why: string;
  /** The scheduled time of a tick. */
  tick: string | undefined;
  /** What to send again; undefined if there is nothing to send. */
  event: Record<string, unknown> | undefined;
  /** A keyword that was not replaced, or why there is nothing to send. */
  note: string | undefined;
}

/** What Lambda sends to the destination of failed asynchronous invocations. */
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

/** Reads what Lambda, EventBridge Scheduler or a person sent to a queue. It throws for no body. */
export function toLetter({ id, body, sentAt, attributes }: QueueMessage): Letter {
  const content = parsed(body);
  const record = invocationRecord.safeParse(content).data;
  const why = record ? whyFailed(record) : whyUndelivered(attributes);
  const letter = { id, sentAt, why, tick: undefined, event: undefined };
  const event = object.safeParse(record ? record.requestPayload : content).data;
  if (!event) {
    const isCut = attributes['IS_PAYLOAD_TRUNCATED'] === 'true';
    const note = isCut
      ? 'its event was cut off; it can only be deleted'
      : 'it holds no event, which is a JSON object; it can only be deleted';
    return { ...letter, what: 'no event', note };
  }
  const command = typeof event['command'] === 'string' ? event['command'] : 'run';
  if (command === 'tick') return { ...letter, ...tickOf(event, attributes['SCHEDULED_TIME'], record) };
  // Without a key, each time that it is sent would start another run.
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
    ? `${KEYWORD} was not replaced${record ? ': EventBridge Scheduler did not send it' : ''}; ` +
      'its tick is not known, and it can only be deleted'
    : 'its scheduled time is not a time; it can only be deleted';
  return { what: 'tick', note };
}

/** A time as the orchestrator writes it. */
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
  if (ERROR_CODE === undefined) return 'the reason is not known';
  const error = [ERROR_CODE, ERROR_MESSAGE].filter((part) => part !== undefined).join(': ');
  const retries = RETRY_ATTEMPTS === undefined ? '' : `, after ${RETRY_ATTEMPTS} retries`;
  return `EventBridge Scheduler could not deliver it${retries}: ${withoutUris(error)}`;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
