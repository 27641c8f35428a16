declare module 'aws4' {
  /** As much of it as the tests use. */
  export function sign(
    request: object,
    credentials: { accessKeyId: string; secretAccessKey: string },
  ): { headers: { Authorization: string } };
}
