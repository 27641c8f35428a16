/**
 * Keeps the process alive when a promise is rejected that nothing awaits yet. A workflow may await one of its branches
 * late, or never; Node, and Lambda's runtime, would end the process, and every other run of the invocation with it.
 */
export function surviveLateRejections(log: (reason: unknown) => void): void {
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', log);
}
