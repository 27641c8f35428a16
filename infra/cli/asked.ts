/** Thrown when a request to AWS fails; the message is one line that says what was requested. */
export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
}

/** Sends a request to AWS. Throws a `DeploymentError` if it fails. */
export async function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new DeploymentError(inWords(what, error as Error));
  }
}

function inWords(what: string, { name, message }: Error): string {
  if (name === 'CredentialsProviderError') {
    return 'There are no AWS credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
  }
  if (message.includes('Region is missing')) return 'There is no AWS region. Set AWS_REGION.';
  if (name === 'ResourceNotFoundException') {
    return `AWS does not find ${what} in this account and region. The name of the orchestrator is an output of the stack.`;
  }
  // Further lines of the message quote the request, and with it the token of the session.
  const [line = ''] = message.split('\n');
  return `The request to AWS for ${what} failed: ${name}: ${line}`;
}
