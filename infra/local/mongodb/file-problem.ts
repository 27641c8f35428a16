const PROBLEMS: Record<string, string> = {
  ENOSPC: 'the disk is full; free some space and start again',
  EDQUOT: 'your share of the disk is used up; free some space and start again',
  EROFS: 'the file system is read-only; copy the project to where you can write',
  EACCES: 'you may not; check the permissions',
  EPERM: 'you may not; check the permissions',
  EEXIST: 'there is a file in its place',
  ENOTDIR: 'a part of its path is a file',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file or folder',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its symbolic links lead in a circle',
  EMFILE: 'too many files are open',
};

/** The text and code of an error of the operating system; undefined for any other error. */
export function fileProblem(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  const problem = code === undefined || syscall === undefined ? undefined : PROBLEMS[code];
  return problem && `${problem} (${code})`;
}
