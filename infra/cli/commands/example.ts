/** The end of a command's help. */
export const example = (commandLine: string) => `\nExample:\n  npm run trader -- ${commandLine}`;
