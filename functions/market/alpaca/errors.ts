/** Thrown where the broker can't be asked now, or its answer was lost. Harmless to repeat: an order has its key. */
export class BrokerUnavailableError extends Error {
  override readonly name = 'BrokerUnavailableError';
}

/** Thrown where an order was placed and it is not known yet what became of it; the next attempt finds it by its key. */
export class OrderPendingError extends Error {
  override readonly name = 'OrderPendingError';
}

/** Thrown where the broker refuses the keys themselves. */
export class BrokerKeysError extends Error {
  override readonly name = 'BrokerKeysError';
}

/** Thrown where the broker answers what its documentation doesn't say, refuses a request that is no order, or can't be asked about a symbol. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
}

/** Thrown where the broker has another order under the key; nothing was placed. */
export class OrderConflictError extends Error {
  override readonly name = 'OrderConflictError';
}
