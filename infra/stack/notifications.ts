import { Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { NodeFunction } from './node-function.ts';

/** The topic for requests for approval and for the results of runs. */
export class Notifications extends Construct {
  readonly #topic: Topic;

  constructor(scope: Construct, id: string, email: string) {
    super(scope, id);
    this.#topic = new Topic(this, 'topic', { displayName: Stack.of(this).stackName, enforceSSL: true });
    this.#topic.addSubscription(new EmailSubscription(email));
  }

  grantTo(fn: NodeFunction): void {
    fn.addEnvironment('NOTIFICATIONS_TOPIC_ARN', this.#topic.topicArn);
    fn.allow(['sns:Publish'], [this.#topic.topicArn]);
  }
}
