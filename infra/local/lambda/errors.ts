/** A refusal of the Lambda service itself, by the names and the status codes of its API. */
export class ServiceError extends Error {
  constructor(
    readonly status: number,
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}
