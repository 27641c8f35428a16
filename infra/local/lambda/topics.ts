import { randomUUID } from 'node:crypto';
import * as z from 'zod';

/** A message to a topic, as a subscriber's e-mail would have it. */
export interface TopicMessage {
  topicArn: string;
  subject: string;
  text: string;
}

const publish = z.object({
  Action: z.literal('Publish'),
  TopicArn: z.string(),
  Subject: z.string().max(100),
  Message: z.string().min(1).max(262_144),
});

/** SNS's Publish, in its query protocol. */
export function parsePublish(body: string): TopicMessage {
  const { TopicArn, Subject, Message } = publish.parse(Object.fromEntries(new URLSearchParams(body)));
  return { topicArn: TopicArn, subject: Subject, text: Message };
}

export function publishAnswer(): string {
  return (
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">' +
    `<PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult>` +
    `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></PublishResponse>`
  );
}
