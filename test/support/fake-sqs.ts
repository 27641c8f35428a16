import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';

interface Message {
  id: string;
  body: string;
  attributes: Record<string, string>;
  sentAt: number;
  visibleAt: number;
  receipt: string;
}

/** What SQS answers, as status and body. */
export interface Answer {
  status: number;
  body: object;
}

const queueUrl = z.string().transform((url) => url.slice(url.lastIndexOf('/') + 1));
const visibility = z.int().min(0).max(43_200);
const requests = {
  GetQueueUrl: z.strictObject({ QueueName: z.string(), QueueOwnerAWSAccountId: z.string().optional() }),
  ReceiveMessage: z.strictObject({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: z.int().min(1).max(10).default(1),
    VisibilityTimeout: visibility.default(30),
    WaitTimeSeconds: z.int().min(0).max(20).default(0),
    MessageSystemAttributeNames: z.array(z.string()).default([]),
    MessageAttributeNames: z.array(z.string()).default([]),
  }),
  ChangeMessageVisibility: z.strictObject({
    QueueUrl: queueUrl,
    ReceiptHandle: z.string(),
    VisibilityTimeout: visibility,
  }),
  ChangeMessageVisibilityBatch: z.strictObject({
    QueueUrl: queueUrl,
    Entries: z
      .array(z.strictObject({ Id: z.string(), ReceiptHandle: z.string(), VisibilityTimeout: visibility }))
      .min(1)
      .max(10),
  }),
  DeleteMessage: z.strictObject({ QueueUrl: queueUrl, ReceiptHandle: z.string() }),
};
type Requests = { [Name in keyof typeof requests]: z.output<(typeof requests)[Name]> };

/** SQS's standard queues in its JSON protocol: messages that are received are hidden for a while, and then come back. */
export class FakeSqs {
  /** Where it is reached; set once it listens. */
  endpoint = '';
  /** What is asked of it, in order. */
  readonly actions: string[] = [];
  readonly #queues = new Map<string, Message[]>();
  #now = Date.parse('2026-11-25T12:00:00Z');

  /** Answers the message's id. */
  put(queue: string, body: string, attributes: Record<string, string> = {}, id = randomUUID()): string {
    this.queue(queue).push({ id, body, attributes, sentAt: this.#now, visibleAt: 0, receipt: '' });
    return id;
  }

  queue(name: string): Message[] {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    return queue;
  }

  visible(name: string): string[] {
    return this.queue(name)
      .filter(({ visibleAt }) => visibleAt <= this.#now)
      .map(({ id }) => id);
  }

  advance(seconds: number): void {
    this.#now += seconds * 1000;
  }

  answer(target: string, text: string): Answer {
    const action = target.replace('AmazonSQS.', '') as keyof Requests;
    this.actions.push(action);
    const request = requests[action]?.safeParse(JSON.parse(text));
    if (!request?.success) return failed('InvalidParameterValueException', String(request?.error ?? target));
    switch (action) {
      case 'GetQueueUrl': {
        const { QueueName } = request.data as Requests['GetQueueUrl'];
        if (!this.#queues.has(QueueName))
          return failed('QueueDoesNotExist', 'The specified queue does not exist.');
        return { status: 200, body: { QueueUrl: `${this.endpoint}/123456789012/${QueueName}` } };
      }
      case 'ReceiveMessage':
        return this.#receive(request.data as Requests['ReceiveMessage']);
      case 'ChangeMessageVisibility':
        return this.#change(request.data as Requests['ChangeMessageVisibility']);
      case 'ChangeMessageVisibilityBatch': {
        const { QueueUrl, Entries } = request.data as Requests['ChangeMessageVisibilityBatch'];
        for (const entry of Entries) this.#change({ QueueUrl, ...entry });
        return { status: 200, body: { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] } };
      }
      case 'DeleteMessage': {
        const { QueueUrl, ReceiptHandle } = request.data as Requests['DeleteMessage'];
        const queue = this.queue(QueueUrl);
        // A receipt that was overtaken deletes nothing, and is no error.
        const index = queue.findIndex(({ receipt }) => receipt === ReceiptHandle);
        if (index >= 0) queue.splice(index, 1);
        return { status: 200, body: {} };
      }
    }
  }

  #receive(request: Requests['ReceiveMessage']): Answer {
    const found = this.queue(request.QueueUrl).filter(({ visibleAt }) => visibleAt <= this.#now);
    const Messages = found.slice(0, request.MaxNumberOfMessages).map((message) => {
      message.receipt = randomUUID();
      message.visibleAt = this.#now + request.VisibilityTimeout * 1000;
      const { id, body, receipt, sentAt, attributes } = message;
      return {
        MessageId: id,
        ReceiptHandle: receipt,
        Body: body,
        MD5OfBody: createHash('md5').update(body).digest('hex'),
        ...(request.MessageSystemAttributeNames.includes('SentTimestamp') && {
          Attributes: { SentTimestamp: String(sentAt) },
        }),
        ...(request.MessageAttributeNames.includes('All') && {
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, StringValue]) => [
              name,
              { DataType: 'String', StringValue },
            ]),
          ),
        }),
      };
    });
    // Without any, SQS omits the member.
    return { status: 200, body: Messages.length > 0 ? { Messages } : {} };
  }

  #change({ QueueUrl, ReceiptHandle, VisibilityTimeout }: Requests['ChangeMessageVisibility']): Answer {
    const message = this.queue(QueueUrl).find(({ receipt }) => receipt === ReceiptHandle);
    if (!message || message.visibleAt <= this.#now) {
      return failed('MessageNotInflight', 'The message referred to is not in flight.');
    }
    message.visibleAt = this.#now + VisibilityTimeout * 1000;
    return { status: 200, body: {} };
  }
}

function failed(type: string, message: string): Answer {
  return { status: 400, body: { __type: `com.amazonaws.sqs#${type}`, message } };
}
