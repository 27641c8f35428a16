/**
 * What things cost, in dollars, in US East (N. Virginia), without free tiers or discounts. Prices change: look them up
 * again at the source and change the date.
 */
export const prices = {
  date: '2026-11-24',
  lambda: {
    source: 'https://aws.amazon.com/lambda/pricing/',
    perMillionRequests: 0.2,
    perGbSecondArm64: 0.0000133334,
    perMillionDurableOperations: 8,
  },
  scheduler: {
    source: 'https://aws.amazon.com/eventbridge/pricing/',
    perMillionInvocations: 1,
  },
  stepFunctions: {
    source: 'https://aws.amazon.com/step-functions/pricing/',
    perMillionTransitions: 25,
    /** Price, recommendation, the choice between them, and the order. */
    transitionsPerRun: 4,
  },
  atlasFlex: {
    source: 'https://www.mongodb.com/docs/atlas/billing/atlas-flex-costs/',
    /** The base price buys so many operations a second for 30 days; a cluster that is used less costs the same. */
    perMonth: 8,
    operationsPerSecond: 100,
  },
};

/** What a command costs on a cluster that is used to its limit: the least that it can. */
export function perMillionCommands(): number {
  const { perMonth, operationsPerSecond } = prices.atlasFlex;
  return perMonth / ((operationsPerSecond * 30 * 24 * 3600) / 1e6);
}
