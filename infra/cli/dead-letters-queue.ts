import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { QueueMessage } from './dead-letters-letter.ts';
import { asked, DeploymentError } from './deployment.ts';

/** How long a message that is looked at is hidden from others; it comes back by itself where this process dies. */
const LOOK_SECONDS = 120;
/** How many messages of a queue are looked at, at the most. */
const MOST_MESSAGES = 1_000;
/** What SQS takes and gives in one request. */
const BATCH = 10;

/** A message with what SQS wants to see of who changes it. */
export interface HeldMessage extends QueueMessage {
  receipt: string;
}

/** A queue of dead letters. */
export class LetterQueue {
  readonly name: string;
  readonly #client: SQSClient;
  readonly #url: string;

  constructor(client: SQSClient, name: string, url: string) {
    this.#client = client;
    this.name = name;
    this.#url = url;
  }

  /** @param arn `arn:aws:sqs:REGION:ACCOUNT:NAME` */
  static async open(client: SQSClient, arn: string): Promise<LetterQueue> {
    const [, account, name] = /^arn:aws[a-z-]*:sqs:[a-z0-9-]+:(\d{12}):([\w-]{1,80})$/.exec(arn) ?? [];
    if (account === undefined || name === undefined) {
      throw new DeploymentError(
        `The dead letters go to ${arn}, expected an SQS queue. Deploy the stack again.`,
      );
    }
    const command = new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account });
    const { QueueUrl } = await asked(`the queue ${name}`, () => client.send(command));
    return new LetterQueue(client, name, QueueUrl ?? '');
  }

  /** All that are visible, up to 1,000; they are hidden from others for two minutes, or until they are released. */
  async receive(): Promise<HeldMessage[]> {
    const held = new Map<string, HeldMessage>();
    for (;;) {
      const command = new ReceiveMessageCommand({
        QueueUrl: this.#url,
        MaxNumberOfMessages: BATCH,
        VisibilityTimeout: LOOK_SECONDS,
        // Without a wait, SQS asks some of its servers only, and may answer none where there are some.
        WaitTimeSeconds: 1,
        MessageSystemAttributeNames: ['SentTimestamp'],
        MessageAttributeNames: ['All'],
      });
      const { Messages = [] } = await asked(`the messages of ${this.name}`, () => this.#client.send(command));
      const before = held.size;
      // SQS may give a message twice, and the newer receipt counts.
      for (const message of Messages.map(toHeld)) held.set(message.id, message);
      if (held.size === before || held.size >= MOST_MESSAGES) return [...held.values()];
    }
  }

  /** Lets others see the messages at once. Where SQS does not answer, they come back by themselves. */
  async release(messages: HeldMessage[]): Promise<void> {
    for (let from = 0; from < messages.length; from += BATCH) {
      const Entries = messages.slice(from, from + BATCH).map(({ receipt }, index) => ({
        Id: String(index),
        ReceiptHandle: receipt,
        VisibilityTimeout: 0,
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#url, Entries });
      await this.#client.send(command).catch(() => undefined);
    }
  }

  /** Hides the message for longer; throws where somebody else has it by now, or deleted it. */
  async hold({ id, receipt }: HeldMessage, seconds: number): Promise<void> {
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: this.#url,
      ReceiptHandle: receipt,
      VisibilityTimeout: seconds,
    });
    await asked(`the letter ${id} of ${this.name}`, () => this.#client.send(command));
  }

  async delete({ id, receipt }: HeldMessage): Promise<void> {
    const command = new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle: receipt });
    await asked(`the deletion of ${id} of ${this.name}`, () => this.#client.send(command));
  }
}

function toHeld({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes }: Message): HeldMessage {
  return {
    id: MessageId ?? '',
    receipt: ReceiptHandle ?? '',
    body: Body ?? '',
    sentAt: new Date(Number(Attributes?.SentTimestamp) || 0).toISOString(),
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes ?? {}).flatMap(([name, { StringValue }]) =>
        StringValue === undefined ? [] : [[name, StringValue]],
      ),
    ),
  };
}
