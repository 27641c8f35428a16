/** Thrown if the broker can't be reached now, or its answer was lost. It is safe to try again: an order has its key. */
export class BrokerUnavailableError extends Error {
  override readonly name = 'BrokerUnavailableError';
}

/** Thrown if an order was placed and its outcome is not known yet; the next attempt finds the order by its key. */
export class OrderPendingError extends Error {
  override readonly name = 'OrderPendingError';
}

/** Thrown if the broker refuses the keys themselves. */
export class BrokerKeysError extends Error {
  override readonly name = 'BrokerKeysError';
}

/** Thrown if the broker's answer is not documented, if it refuses a request that is not an order, or if it doesn't know a symbol. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
}

/** Thrown if the broker has another order under the key; nothing was placed. */
export class OrderConflictError extends Error {
  override readonly name = 'OrderConflictError';
}
