import * as z from 'zod';

/** The value of a variable that the stack sets; throws an error that names it if it is not set. */
export function requiredVariable(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(
      `The environment variable ${name} is not set. The stack sets it, so deploy the function with the stack.`,
    );
  }
  return value;
}

/** Variables that the stack sets, parsed; throws an error that names what is wrong with them. */
export function fromEnvironment<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const problems = z.prettifyError(error).replace(/\s*\n\s*/g, ' ');
    throw new Error(
      `The function's environment can't be taken: ${problems}. The stack sets it, so deploy the function again.`,
      { cause: error },
    );
  }
}
