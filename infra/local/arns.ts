export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';
/** The one version of each function here. */
export const LATEST = '$LATEST';

/** This machine's account and region, as the pseudo parameters of CloudFormation name them. */
export const PSEUDO_PARAMETERS: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
};

/** What Lambda's API takes for a function: its name, its ARN, or a part of that, each with a version or an alias. */
export interface FunctionReference {
  region: string;
  account: string;
  name: string;
  qualifier?: string | undefined;
}

/** The pattern that the Invoke API documents for `FunctionName`. */
export const FUNCTION_NAME_PATTERN =
  '(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?' +
  '([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?';

const functionName =
  /^(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?(?:([a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(\d{12}):)?(?:function:)?([\w.-]+)(?::(\$LATEST(?:\.PUBLISHED)?|[\w-]+))?$/;

/** What a text refers to; undefined if Lambda would take it for no function's name. */
export function parseFunctionName(text: string): FunctionReference | undefined {
  const [, region = REGION, account = ACCOUNT, name, qualifier] = functionName.exec(text) ?? [];
  return name === undefined ? undefined : { region, account, name, qualifier };
}

export function functionArn(name: string, qualifier?: string): string {
  return toFunctionArn({ region: REGION, account: ACCOUNT, name, qualifier });
}

export function toFunctionArn({ region, account, name, qualifier }: FunctionReference): string {
  const version = qualifier === undefined ? '' : `:${qualifier}`;
  return `arn:aws:lambda:${region}:${account}:function:${name}${version}`;
}

export function topicArn(name: string): string {
  return `arn:aws:sns:${REGION}:${ACCOUNT}:${name}`;
}

/** @param id name or ARN, as GetSecretValue takes it */
export function secretArn(id: string): string {
  return id.startsWith('arn:') ? id : `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${id}-local0`;
}
