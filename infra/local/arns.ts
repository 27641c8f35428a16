/** This machine's account and region, as the pseudo parameters of CloudFormation name them. */
export const PSEUDO_PARAMETERS: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '000000000000',
};

export function functionArn(name: string): string {
  return `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
}

export function topicArn(name: string): string {
  return `arn:aws:sns:us-east-1:000000000000:${name}`;
}

/** @param id name or ARN, as GetSecretValue takes it */
export function secretArn(id: string): string {
  return id.startsWith('arn:') ? id : `arn:aws:secretsmanager:us-east-1:000000000000:secret:${id}-local0`;
}
