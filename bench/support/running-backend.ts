/** Where runs are kept, in a process of its own, empty at first. */
export interface RunningBackend {
  title: string;
  uri: string;
  /** Bytes that it wrote to its disk so far, on a machine that counts them. */
  writtenBytes?(): number;
  stop(): Promise<void>;
}
