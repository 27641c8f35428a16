import { REGION } from '../arns.ts';

/**
 * A line for bash and zsh that invokes a function here, with version 1 or 2 of the AWS CLI: both take `fileb://` for the
 * payload's bytes, whereas version 2 reads other payloads as base64. They want credentials and a region; any will do.
 */
export function invokeCommand(endpoint: string, functionName: string, payload: string): string {
  return (
    `AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws lambda invoke --region ${REGION} ` +
    `--endpoint-url ${endpoint} --function-name ${functionName} ` +
    `--payload fileb:///dev/stdin /dev/stdout <<< '${payload}'`
  );
}
