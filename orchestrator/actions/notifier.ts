import type { SNSClient } from '@aws-sdk/client-sns';
import { strike } from '../../functions/shared/secrets/known-secrets.ts';

/** A message to a person, usually an e-mail. */
export interface Notice {
  subject: string;
  text: string;
}

/** Sends messages to the subscribers of a topic. SNS may deliver a message twice. */
export class Notifier {
  readonly #topicArn: string;
  #client: SNSClient | undefined;

  constructor(topicArn: string) {
    this.#topicArn = topicArn;
  }

  async publish({ subject, text }: Notice): Promise<void> {
    // Loaded with the first message: most invocations have none, and a cold start should not wait for it.
    const { PublishCommand, SNSClient } = await import('@aws-sdk/client-sns');
    const requestHandler = { connectionTimeout: 2_000, requestTimeout: 3_000, throwOnRequestTimeout: true };
    this.#client ??= new SNSClient({ maxAttempts: 2, requestHandler });
    const Subject = toSubject(strike(subject));
    await this.#client.send(new PublishCommand({ TopicArn: this.#topicArn, Subject, Message: strike(text) }));
  }
}

/** SNS takes a subject of at most 99 printable ASCII characters; https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
function toSubject(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 99);
}
