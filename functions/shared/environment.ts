/** The value of a variable that the stack sets; an error that names it when it is absent. */
export function requiredVariable(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(
      `The environment variable ${name} is not set; the stack sets it, so deploy the function with it.`,
    );
  }
  return value;
}
