/** Thrown if the broker can't be reached now, or its answer was lost. It is safe to try again: an order has its key. */
export class BrokerUnavailableError extends Error {
  override readonly name = 'BrokerUnavailableError';
}

/** Thrown if the broker refuses the keys themselves. */
export class BrokerKeysError extends Error {
  override readonly name = 'BrokerKeysError';
}

/** Thrown if the broker's answer is not documented, if it refuses a request that is not an order, or if it doesn't know a symbol. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
}
