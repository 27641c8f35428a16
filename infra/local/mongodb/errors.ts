/** The server's error codes that this store answers with, by the server's own names. */
const CODES = {
  InternalError: 1,
  BadValue: 2,
  FailedToParse: 9,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  EmptyFieldName: 56,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  CommandNotSupported: 115,
  InvalidPipelineOperator: 168,
  CannotIndexParallelArrays: 171,
  InvalidIndexSpecificationOption: 197,
  TransactionTooOld: 225,
  OutOfDiskSpace: 14031,
  InterruptedAtShutdown: 11600,
  DuplicateKey: 11000,
  IDLFailedToParse: 40415,
  IDLMissingField: 40414,
} as const;

type CodeName = keyof typeof CODES;

/** What a command answers when it fails: becomes `{ ok: 0, errmsg, code, codeName, ...extra }`. */
export class ServerError extends Error {
  readonly code: number;
  readonly codeName: string;
  readonly extra: Record<string, unknown>;

  /** `code` is a name of the table above, or a bare number, which the server reports as `Location<number>`. */
  constructor(code: CodeName | number, message: string, extra: Record<string, unknown> = {}) {
    super(message);
    this.name = 'ServerError';
    this.code = typeof code === 'number' ? code : CODES[code];
    this.codeName = typeof code === 'number' ? (nameOfCode(code) ?? `Location${code}`) : code;
    this.extra = extra;
  }

  toReply(): Record<string, unknown> {
    return { ok: 0, errmsg: this.message, code: this.code, codeName: this.codeName, ...this.extra };
  }

  /** The form that this error has inside `writeErrors`. */
  toWriteError(index: number): Record<string, unknown> {
    return { index, code: this.code, ...this.extra, errmsg: this.message };
  }
}

/** Throws an error of the server, which becomes the command's answer. */
export function refuse(code: CodeName | number, message: string, extra?: Record<string, unknown>): never {
  throw new ServerError(code, message, extra);
}

function nameOfCode(code: number): string | undefined {
  return Object.entries(CODES).find(([, value]) => value === code)?.[0];
}

/**
 * The store can't start: port in use, folder held by another process, corrupt folder, disk full, host not
 * loopback. The message is one line that says what to do; show it and exit.
 */
export class StoreError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
  }
}

/** Another process has the data folder. */
export class FolderHeldError extends StoreError {
  readonly pid: number;

  constructor(path: string, pid: number) {
    super(`The data folder ${path} is held by process ${pid}: stop that store, or use another folder`);
    this.pid = pid;
  }
}
