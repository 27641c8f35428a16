import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { asked, DeploymentError } from '../asked.ts';
import type { QueueMessage } from './letter.ts';

/** How long a received message is hidden from others; if this process dies, it is visible again after that. */
const HOLD_SECONDS = 120;
/** How many messages are received from a queue at most. */
const MOST_MESSAGES = 1_000;
/** How many messages SQS takes and gives in one request. */
const BATCH = 10;

/** A message that is hidden from others until `heldUntil`, in milliseconds since 1970. */
export interface HeldMessage extends QueueMessage {
  receipt: string;
  heldUntil: number;
}

/** A queue of dead letters, and the messages of it that are hidden from others. */
export class LetterQueue {
  readonly name: string;
  readonly #client: SQSClient;
  readonly #url: string;
  readonly #held = new Map<string, HeldMessage>();

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

  /** Receives all visible messages, up to 1,000. They are hidden from others for two minutes, or until they are released. */
  async receive(): Promise<HeldMessage[]> {
    for (;;) {
      const command = new ReceiveMessageCommand({
        QueueUrl: this.#url,
        MaxNumberOfMessages: BATCH,
        VisibilityTimeout: HOLD_SECONDS,
        // Without a wait, SQS asks only some of its servers, and may miss messages.
        WaitTimeSeconds: 1,
        MessageSystemAttributeNames: ['SentTimestamp'],
        MessageAttributeNames: ['All'],
      });
      const heldUntil = fromNow(HOLD_SECONDS);
      const { Messages = [] } = await asked(`the messages of ${this.name}`, () => this.#client.send(command));
      const before = this.#held.size;
      // SQS may give a message twice; then the newer receipt counts.
      for (const message of Messages) this.#held.set(message.MessageId ?? '', toHeld(message, heldUntil));
      if (this.#held.size === before || this.#held.size >= MOST_MESSAGES) return [...this.#held.values()];
    }
  }

  /** Makes messages visible again; without an argument, all that are held. If SQS does not answer, they become so later. */
  async release(messages = [...this.#held.values()]): Promise<void> {
    for (const { id } of messages) this.#held.delete(id);
    await this.#setVisibility(messages, 0);
  }

  /** Hides a message for longer. Throws if another process received or deleted it. */
  async hold(message: HeldMessage, seconds: number): Promise<void> {
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: this.#url,
      ReceiptHandle: message.receipt,
      VisibilityTimeout: seconds,
    });
    try {
      await asked(`the letter ${message.id} of ${this.name}`, () => this.#client.send(command));
      message.heldUntil = fromNow(seconds);
    } catch (error) {
      this.#held.delete(message.id);
      throw error;
    }
  }

  /** Keeps all held messages but one hidden for at least so many seconds. */
  async holdOthers(one: HeldMessage, seconds: number): Promise<void> {
    const ending = [...this.#held.values()].filter(
      (message) => message !== one && message.heldUntil < fromNow(seconds),
    );
    // Some time more, so that not each letter has to renew the hold on all others.
    const longer = seconds + HOLD_SECONDS;
    for (const message of ending) message.heldUntil = fromNow(longer);
    await this.#setVisibility(ending, longer);
  }

  async delete({ id, receipt }: HeldMessage): Promise<void> {
    const command = new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle: receipt });
    await asked(`the deletion of ${id} of ${this.name}`, () => this.#client.send(command));
    this.#held.delete(id);
  }

  /** Failures are ignored: before a message is used, `hold` finds out whether it is still held. */
  async #setVisibility(messages: HeldMessage[], seconds: number): Promise<void> {
    for (let from = 0; from < messages.length; from += BATCH) {
      const Entries = messages.slice(from, from + BATCH).map(({ receipt }, index) => ({
        Id: String(index),
        ReceiptHandle: receipt,
        VisibilityTimeout: seconds,
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#url, Entries });
      await this.#client.send(command).catch(() => undefined);
    }
  }
}

const fromNow = (seconds: number) => Date.now() + seconds * 1_000;

function toHeld(message: Message, heldUntil: number): HeldMessage {
  const { MessageId, ReceiptHandle, Body, Attributes, MessageAttributes } = message;
  return {
    id: MessageId ?? '',
    receipt: ReceiptHandle ?? '',
    heldUntil,
    body: Body ?? '',
    sentAt: new Date(Number(Attributes?.SentTimestamp) || 0).toISOString(),
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes ?? {}).flatMap(([name, { StringValue }]) =>
        StringValue === undefined ? [] : [[name, StringValue]],
      ),
    ),
  };
}
